#!/bin/sh
# Tests ./learn in a scratch copy, with stand-ins for apt, the compiler and CMake: nothing
# is installed, compiled or written elsewhere.   usage: learn_test.sh PATH_OF_LEARN
set -eu

learn=$(cd "$(dirname "$1")" && pwd)/${1##*/}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset CXX LADDER_OS_RELEASE

# A project with two rungs, and a PATH with the standard tools alone.
mkdir -p project/lessons/01_serial project/lessons/05_threads project/lessons/13_fetcher tools fake
cp "$learn" project/learn
touch project/lessons/01_serial/main.cpp project/lessons/05_threads/main.cpp \
    project/lessons/13_fetcher/main.cpp project/lessons/13_fetcher/bench_lap.cpp
for tool in sh awk cat chmod cp date dirname env find grep head id ls mkdir mktemp nproc rm \
    sed sort tail touch uname wc; do
    ln -s "$(command -v $tool)" tools/$tool
done
path=$scratch/fake:$scratch/tools
printf 'ID=fedora\nVERSION_ID=40\n' >fedora
printf 'ID=debian\nVERSION_ID="12"\n' >debian12
printf 'ID=debian\nVERSION_ID="13"\n' >debian13
printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >ubuntu

failures=0
check() { # check "what should be so" COMMAND...
    what=$1
    shift
    if "$@"; then
        echo "ok    $what"
    else
        echo "FAIL  $what"
        echo "      status $status; stdout and stderr:"
        sed 's/^/      /' out err
        failures=$((failures + 1))
    fi
}
run() { # run SYSTEM ARGUMENTS...: sets $status, writes out and err
    system=$1
    shift
    status=0
    env PATH="$path" LADDER_OS_RELEASE="$scratch/$system" sh project/learn "$@" \
        >out 2>err </dev/null || status=$?
}
status_is() { [ "$status" = "$1" ]; }
says() { grep -qF -- "$1" err; }
prints() { grep -qF -- "$1" out; }
one_line() { [ "$(wc -l <err)" = 1 ] && [ ! -s out ]; }
called() { grep -qF -- "$1" calls; }
fake() { # fake NAME <SCRIPT: a stand-in that is found before any other
    { echo '#!/bin/sh' && cat; } >"fake/$1"
    chmod +x "fake/$1"
}
contents() { (cd project && find . | sort && find . -type f -exec cat {} +); }

# ---- bad input: one line, status 2, nothing written

contents >before
run debian13 tuor
check 'an unknown command has status 2' status_is 2
check 'and one line on stderr' one_line
check 'with a suggestion' says "Did you mean 'tour'?"
run debian13 docotr
check 'two letters swapped are recognised' says "Did you mean 'doctor'?"
run debian13 frobnicate
check 'nothing near: no suggestion' [ "$(grep -c 'Did you mean' err)" = 0 ]
check 'but where to look' says './learn help'
run debian13 run 99
check 'an unknown rung has status 2' status_is 2
check 'and one line that lists the rungs' one_line
check 'all of them' says '01_serial 05_threads 13_fetcher'
run debian13 run
check 'no rung at all has status 2' status_is 2
run debian13 run '*'
check 'a rung is no pattern' status_is 2
run debian13 bench nope
check 'an unknown benchmark has status 2' status_is 2
check 'and the benchmarks are listed' says 'lap'
run debian13 docs --oepn
check 'an unknown option of docs has status 2' status_is 2
run debian13 test a b
check 'two filters have status 2' status_is 2
run debian13 install everything
check 'an unknown group has status 2' status_is 2
check 'and the groups are listed' says 'tour exercises docs test bench database'

run debian13
check 'without a command it says what to do first' prints 'next    ./learn tour'
check 'with status 0' status_is 0
run debian13 --help
check 'help has status 0' status_is 0
for command in tour next watch hint solution reset list verify run predict bench test docs \
    doctor install dev; do
    check "help names $command" prints "./learn $command"
done

# ---- systems where learn cannot install

run fedora tour
check 'an unknown system has status 1' status_is 1
check 'it says what is missing' says 'missing: compiler cmake ninja boost fmt cli11 openssl.'
check 'it says which system it is' says 'fedora 40'
for manager in apt-get dnf pacman zypper apk brew; do
    check "it says what to install with $manager" says "$manager"
done
printf '#!/bin/sh\necho 1000\n' >fake/id && chmod +x fake/id
printf '#!/bin/sh\nexit 1\n' >fake/dpkg-query && chmod +x fake/dpkg-query
run debian13 doctor
check 'doctor has status 1 where the tour cannot run' status_is 1
check 'its table says what is missing and what to do' grep -q '^no .*cmake .*not found .*learn install' out
check 'and what is optional' grep -q '^— .*catch2 .*not found .*learn install exercises' out
run debian13 tour
check 'without root and sudo the status is 1' status_is 1
check 'it says the command' says 'apt-get install -y --no-install-recommends'
check 'and how to do it as root' says "As root, run: $scratch/project/learn install tour"
contents >after
check 'nothing was written so far' cmp before after

# ---- installing, with an apt that only notes what it is told

rm fake/id
fake id <<'END'
echo 0
END
fake apt-get <<END
echo "apt-get \$*" >>$scratch/calls
case "\$*" in
indextargets*'Release: bookworm-backports'*) [ -e $scratch/written ] && echo x:1 ;;
indextargets*'Component: universe'*) [ -e $scratch/universe ] && echo x:1 ;;
indextargets*) cat $scratch/entry ;;
esac
END
fake env <<'END'
shift # DEBIAN_FRONTEND=...
exec "$@"
END
fake tee <<END
echo "tee \$1" >>$scratch/calls
cat >$scratch/written
END
real_run() { # as run, but env is the fake one for the script itself
    system=$1
    shift
    status=0
    rm -f calls written
    PATH=$path LADDER_OS_RELEASE=$scratch/$system sh project/learn "$@" >out 2>err </dev/null ||
        status=$?
    touch calls
}
real_run debian13 tour
check 'Debian 13: the lists are read' called 'apt-get update'
check 'Debian 13: the packages are named' called ' g++ cmake ninja-build libboost1.83-dev libboost-context'
check 'Debian 13: no suite is added' [ ! -e written ]
check 'what does not help is said' says 'still missing'
check 'with status 1' status_is 1
rm -rf project/build
real_run debian13 install test
check 'install leaves nothing in build' [ ! -e project/build ]
check 'Debian 13: Catch2 is libcatch2-dev' called ' libcatch2-dev'
real_run ubuntu install test
check 'Ubuntu: without universe it stops' says 'sudo add-apt-repository universe'
touch universe
real_run ubuntu install test
check 'Ubuntu: Catch2 is catch2' called ' catch2'

cat >one.list <<'END'
# the mirror
deb https://third.party.example/apt bookworm main
deb [arch=amd64 signed-by=/a/key.gpg] https://mirror.example/debian bookworm main contrib
END
echo "$scratch/one.list:3" >entry
real_run debian12 tour
check 'Debian 12: backports as one line, with options and mirror' grep -qxF \
    'deb [arch=amd64 signed-by=/a/key.gpg] https://mirror.example/debian bookworm-backports main contrib' written
check 'Debian 12: into a .list' called 'tee /etc/apt/sources.list.d/concurrency-ladder.list'

cat >two.sources <<'END'
# a comment

Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
# another comment
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
END
echo "$scratch/two.sources:2" >entry
real_run debian12 tour
tail -n +2 written >copied
cat >expected <<'END'
Types: deb deb-src
URIs: https://mirror.example/debian
Suites: bookworm-backports
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
END
check 'Debian 12: backports as a paragraph, with key and mirror' cmp copied expected
check 'Debian 12: into a .sources' called 'tee /etc/apt/sources.list.d/concurrency-ladder.sources'
real_run debian12 install bench
check 'the tour and the benchmarks need Boost from there, too' [ -e written ]

if command -v script >/dev/null; then
    rm -f calls
    status=0
    printf 'n\n' | PATH=$path:$PATH LADDER_OS_RELEASE=$scratch/debian13 SHELL=/bin/sh \
        script -qec "PATH=$path sh project/learn tour" /dev/null >out 2>err || status=$?
    check 'at a terminal it asks' prints 'Do it now? [Y/n]'
    check 'no means no' prints 'nothing was installed'
    check 'with status 1' status_is 1
    check 'and apt was not called' [ ! -e calls ]
fi

# ---- building, with a compiler and a CMake that only note what they are told

fake c++ <<'END'
case "$*" in
*-print-file-name*) echo /dev/null ;;
*-dM*) printf '#define %s\n' '__GNUC__ 14' 'BOOST_VERSION 108300' 'FMT_VERSION 90100' \
    'CLI11_VERSION "2.1.2"' 'OPENSSL_VERSION_STR "3.0.1"' 'CATCH_VERSION_MAJOR 3' \
    'CATCH_VERSION_MINOR 7' ;;
esac
END
fake ninja <<'END'
echo 1.11
END
fake cmake <<END
echo "cmake \$*" >>$scratch/calls
case "\$*" in
--version) echo cmake version 3.25.1 ;;
*--build*) for folder in build build-tsan; do
    mkdir -p \$folder/bin
    for name in 01_serial tour 05_threads bench_lap learn 05_threads_broken_race \
        05_threads_broken_wait; do
        printf '#!/bin/sh\necho "\$0" "\$@"\n' >\$folder/bin/\$name
        chmod +x \$folder/bin/\$name
    done
done ;;
*) mkdir -p build build-asan build-tsan && touch build/build.ninja build-asan/build.ninja build-tsan/build.ninja ;;
esac
END
real_run fedora tour --pages 3
check 'where all is there, any system will do' status_is 0
check 'the first rung is built first' called '--target slow_server 01_serial'
check 'and shown' prints build/bin/01_serial
check 'then the tour starts, with its options' prints 'build/bin/tour --pages 3'
real_run fedora --yes tour
check 'the second start goes straight to the tour' [ "$(wc -l <out)" = 1 ]
check 'without looking for anything' [ "$(grep -c -e --version -e apt calls)" = 0 ]
check 'or configuring' [ "$(grep -c '^cmake --preset' calls)" = 0 ]
for name in 5 05 threads 05_threads; do
    real_run fedora run $name a 'b  c'
    check "run $name finds the rung and hands on its arguments" prints '05_threads a b  c'
done

# shown-by says under which tool, and so from which build
printf '// Wrong.\n// shown-by: ThreadSanitizer\n' >project/lessons/05_threads/broken_race.cpp
printf '// Wrong.\n' >project/lessons/05_threads/broken_wait.cpp
real_run fedora run 5 --broken rice
check 'a broken program that is not there has status 2' status_is 2
check 'and those that are there are listed' says ' race wait'
real_run fedora run 5 --broken wait
check 'a program that shows itself is run as it is' prints build/bin/05_threads_broken_wait
touch fake/patch fake/strace # found, never run
chmod +x fake/patch fake/strace
real_run fedora run 5 --broken race
check 'one that ThreadSanitizer shows is built with it' called '--preset tsan --target'
check 'and run from there' prints build-tsan/bin/05_threads_broken_race

# the companion: built once, and again when its sources are newer
mkdir -p project/runner project/lessons/00_workbench project/lessons/02_processes \
    project/lessons/11_fibers_on_asio
rm -f project/build/bin/learn
real_run fedora list --json
check 'the companion is built' called '--target learn'
check 'and gets the command' prints 'build/bin/learn list --json'
real_run fedora
check 'now no command says where you are' prints build/bin/learn
check 'without building' [ "$(grep -c -e --build calls)" = 0 ]
touch -d '+1 hour' project/runner/newer.cpp
real_run fedora hint
check 'newer sources are built' called '--target learn'
rm project/runner/newer.cpp

real_run fedora bench nope
check 'a benchmark that is not there has status 2' status_is 2
real_run fedora bench lap
check 'a benchmark runs without nginx and wrk' prints 'build/bin/bench_lap'

# ---- the tests and how they are counted

touch fake/doxygen fake/curl fake/patch fake/tmux fake/strace # found, never run
fake doxygen <<'END'
echo 1.9.4
END
chmod +x fake/*
fake ctest <<END
while [ "\$1" != --output-log ]; do shift; done
cat $scratch/results >"\$2"
exit "\$(cat $scratch/ctest_status)"
END
if [ -e /usr/share/doxygen-awesome-css/doxygen-awesome.css ]; then
    printf '%s\n' '100% tests passed, 0 tests failed out of 5' >results
    echo 0 >ctest_status
    real_run fedora test
    check 'three runs of 5 tests and the documentation are 16' prints '16 passed, 0 failed'
    check 'in one line' [ "$(cat out)" = '16 passed, 0 failed' ]
    check 'with status 0' status_is 0
    printf '%b\n' '50% tests passed, 2 tests failed out of 5' 'The following tests did not run:' \
        '\t  3 - c (Skipped)' '\t  4 - d (Disabled)' 'The following tests FAILED:' \
        '\t  2 - b (Failed)' '\t  5 - e (Not Run)' >results
    echo 8 >ctest_status
    real_run fedora test some
    check 'failed and skipped tests are counted' prints '2 passed, 2 failed, 2 skipped'
    check 'with status 1' status_is 1
    echo 'No tests were found!!!' >results
    real_run fedora test none
    check 'a filter that matches nothing has status 2' status_is 2
    : >results
    real_run fedora test some
    check 'tests that break off are a failure' prints '0 passed, 1 failed'
    fake cmake <<'END'
echo "error: expected ';'" >&2
exit 1
END
    real_run fedora test
    check 'what does not compile is one failure' prints '0 passed, 1 failed'
    check 'shown once' [ "$(grep -c "expected ';'" err)" = 1 ]
fi

[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
