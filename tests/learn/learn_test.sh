#!/bin/sh
# Tests ./learn in a scratch copy, with stand-ins for apt, the compiler and CMake: nothing
# is installed, compiled or written elsewhere.   usage: learn_test.sh PATH_OF_LEARN
set -eu

learn=$(cd "$(dirname "$1")" && pwd)/${1##*/}
. "${learn%/*}/tests/learn/checks.sh"
. "${learn%/*}/tests/learn/scratch_project.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset CXX LADDER_OS_RELEASE LADDER_YES

scratch_project "$learn"
printf 'ID=debian\nVERSION_ID="12"\n' >debian12
printf 'ID=debian\nVERSION_ID="13"\n' >debian13
printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >ubuntu
contents() { (cd project && find . | sort && find . -type f -exec cat {} +); }

# ---- bad input: one line, status 2, nothing written

contents >before
run debian13 tuor
check 'an unknown command has status 2' status_is 2
check 'and one line on stderr' one_line
check 'that lists the commands' says 'tour list next check'
run debian13 docs --oepn
check 'an unknown option of docs has status 2' status_is 2
run debian13 install everything
check 'an unknown group has status 2' status_is 2
check 'and the groups are listed' says 'tour exercises docs test bench database pages servers'

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
check 'it says what is missing' says 'missing: compiler cmake ninja boost fmt cli11 openssl idn2 zlib brotli zstd.'
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
run debian13 tour
check 'Debian 13: the lists are read' called 'apt-get update'
check 'Debian 13: the packages are named' called ' g++ cmake ninja-build libboost1.83-dev libboost-context'
check 'Debian 13: no suite is added' [ ! -e written ]
check 'what does not help is said' says 'still missing'
check 'with status 1' status_is 1
rm -rf project/build
run debian13 install test
check 'install leaves nothing in build' [ ! -e project/build ]
check 'Debian 13: Catch2 is libcatch2-dev' called ' libcatch2-dev'
run ubuntu install test
check 'Ubuntu: without universe it stops' says 'sudo add-apt-repository universe'
touch universe
run ubuntu install test
check 'Ubuntu: Catch2 is catch2' called ' catch2'

cat >one.list <<'END'
# the mirror
deb https://third.party.example/apt bookworm main
deb [arch=amd64 signed-by=/a/key.gpg] https://mirror.example/debian bookworm main contrib
END
echo "$scratch/one.list:3" >entry
run debian12 tour
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
run debian12 tour
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
run debian12 install bench
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

fake_tools 01_serial tour learn
run fedora tour --pages 3
check 'where all is there, any system will do' status_is 0
check 'the first rung is built first' called '--target slow_server 01_serial'
check 'and shown' prints build/bin/01_serial
check 'then the tour starts, with its options' prints 'build/bin/tour --pages 3'
run fedora --yes tour
check 'the second start goes straight to the tour' [ "$(wc -l <out)" = 1 ]
check 'without looking for anything' [ "$(grep -c -e --version -e apt calls)" = 0 ]
check 'or configuring' [ "$(grep -c '^cmake --preset' calls)" = 0 ]

# the companion: built once, and again when its sources are newer
mkdir -p project/runner project/lessons/00_workbench project/lessons/02_processes \
    project/lessons/11_fibers_on_asio
rm -f project/build/bin/learn
run fedora list --json
check 'the companion is built' called '--target learn'
check 'and gets the command' prints 'build/bin/learn list --json'
run fedora
check 'now no command says where you are' prints build/bin/learn
check 'without building' [ "$(grep -c -e --build calls)" = 0 ]
touch -d '+1 hour' project/runner/newer.cpp
run fedora hint
check 'newer sources are built' called '--target learn'
rm project/runner/newer.cpp

# what ninja says becomes a bar at a terminal, and one line elsewhere
cp fake/cmake cmake_in_silence
{ cat cmake_in_silence && echo 'case "$*" in *--build*) echo "::0 2 0.1 Re-checking globbed directories...
ninja: no work to do." ;; esac'; } | fake cmake
run fedora tour
check 'of a build that has nothing to do nothing is said' [ ! -s err ]
{
    cat cmake_in_silence
    cat <<'END'
case "$*" in *--build*)
    for line in '0 2 0.1 Re-checking globbed directories...' '5 10 4.2 Building CXX object a/some.cpp.o' \
        '6 1000 60.5 Building CXX object a/other.cpp.o'; do
        echo "::$line"
    done
    echo 'a warning' ;;
esac
END
} | fake cmake
rm project/build/bin/tour
run fedora tour
check 'without a terminal a build is one line' [ "$(grep -c 'building the tour … [0-9]* s$' err)" = 1 ]
check 'and ninja is not seen' [ "$(grep -c -e :: -e warning err)" = 0 ]
if command -v script >/dev/null; then
    rm project/build/bin/tour
    PATH=$path:$PATH SHELL=/bin/sh script -qec "stty cols 100; PATH=$path \
        LADDER_OS_RELEASE=$scratch/fedora sh project/learn tour" /dev/null >out 2>err </dev/null
    check 'at a terminal there is a bar, with an estimate' \
        prints 'building the tour ██████████░░░░░░░░░░ 50 %, about 4 s left  some.cpp.o'
    check 'in minutes when it is long' prints '0 %, about 166 min left'
    check 'the first program is shown before its progress' \
        [ "$(grep -n 'bin/01_serial' out | cut -d: -f1)" -lt "$(grep -n 'building the tour' out | cut -d: -f1)" ]
fi
{ cat cmake_in_silence && echo 'case "$*" in *--build*) echo error: no; exit 1 ;; esac'; } | fake cmake
rm project/build/bin/tour
run fedora tour
check 'a build that fails has status 1' status_is 1
check 'and is told' says 'error: no'

[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
