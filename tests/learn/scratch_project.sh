# For tests of ./learn: a scratch project in $scratch/project with stand-ins for what is not
# to run, and a PATH with the standard tools alone.
#
# scratch_project LEARN: three rungs, one benchmark, and the script.
scratch_project() {
    mkdir -p project/lessons/01_serial project/lessons/05_threads project/lessons/13_fetcher \
        tools fake
    cp "$1" project/learn
    mkdir project/runner && cp "${1%/*}/runner/"*.txt project/runner/
    touch project/lessons/01_serial/main.cpp project/lessons/05_threads/main.cpp \
        project/lessons/13_fetcher/main.cpp project/lessons/13_fetcher/bench_lap.cpp
    for tool in sh awk cat chmod cp cut date dirname env find grep head id ls mkdir mktemp nproc \
        rm sed setarch sort stty tail touch tr true uname wc; do
        ln -s "$(command -v $tool)" tools/$tool
    done
    path=$scratch/fake:$scratch/tools
    printf 'ID=fedora\nVERSION_ID=40\n' >fedora
}

run() { # run SYSTEM ARGUMENTS...: sets $status, writes out, err and calls
    system=$1
    shift
    status=0
    rm -f calls written
    PATH=$path LADDER_OS_RELEASE=$scratch/$system sh project/learn "$@" >out 2>err </dev/null ||
        status=$?
    touch calls
}
called() { grep -qF -- "$1" calls; }
fake() { # fake NAME <SCRIPT: a stand-in that is found before any other
    { echo '#!/bin/sh' && cat; } >"fake/$1"
    chmod +x "fake/$1"
}

# fake_tools PROGRAM...: a compiler and a CMake that only note what they are told; a build
# makes these programs, which say what they are called with.
fake_tools() {
    fake c++ <<'END'
case "$*" in
*-print-file-name*) echo /dev/null ;;
*-dM*) printf '#define %s\n' '__GNUC__ 14' 'BOOST_VERSION 108300' 'FMT_VERSION 90100' \
    'CLI11_VERSION "2.1.2"' 'OPENSSL_VERSION_STR "3.0.1"' 'IDN2_VERSION "2.3.3"' \
    'ZLIB_VERSION "1.2.13"' 'BROTLI_TRUE 1' 'ZSTD_VERSION_MAJOR 1' 'ZSTD_VERSION_MINOR 5' \
    'CATCH_VERSION_MAJOR 3' 'CATCH_VERSION_MINOR 7' ;;
esac
END
    mkdir -p fake/lib/linux && touch fake/lib/linux/libclang_rt.tsan.a
    fake clang++ <<END
case "\$*" in
*-print-resource-dir*) echo $PWD/fake ;;
*-dumpversion*) echo 14.0.6 ;;
esac
END
    echo : | fake ld.lld
    echo : | fake llvm-symbolizer
    fake ninja <<'END'
echo 1.11
END
    fake cmake <<END
echo "cmake \$*" >>$scratch/calls
case "\$*" in
--version) echo cmake version 3.25.1 ;;
*--build*) for folder in build build-tsan; do
    mkdir -p \$folder/bin
    for name in $*; do # one that is there may be running
        [ ! -x \$folder/bin/\$name ] || continue
        printf '#!/bin/sh\necho "\$0" "\$@"\n' >\$folder/bin/\$name
        chmod +x \$folder/bin/\$name
    done
done ;;
*) mkdir -p build build-asan build-tsan && touch build/build.ninja build-asan/build.ninja build-tsan/build.ninja ;;
esac
END
    for name in curl doxygen less patch strace tmux; do # found, never run
        echo 'echo 1.9.4' | fake $name
    done
}
