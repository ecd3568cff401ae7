#!/bin/sh
# Does each group of `./learn install` bring what it is for? On a machine where nothing is.
#
#   bare_machine.sh SUITE [GROUP...]     e.g. bookworm database; without groups, all of them
#
# Makes a minimal Debian with debootstrap(8), and for each group a copy of it, in which it
# installs the group and does one thing that the group is there for. As root. Needs the
# network, and some minutes for each group; LADDER_JOBS says how many compilers at a time.
set -eu

suite=${1:?which suite, e.g. bookworm}
shift
[ $# -gt 0 ] || set -- tour exercises docs test bench database
root=$(cd "$(dirname "$0")/../.." && pwd)
where=$(mktemp -d)
here=

leave() {
    [ -z "$here" ] || umount "$here/proc" "$here/dev/shm" 2>/dev/null || :
    rm -rf --one-file-system "$where"
}
trap leave EXIT
trap 'exit 1' INT TERM

what_for() { # what_for GROUP: commands, and after the # what the last one prints
    case $1 in
    tour) echo './learn run 01 # nothing for' ;;
    exercises) echo '! ./learn check cost_model &&
        ! ./learn run 05 --broken lost_update # nothing orders them' ;;
    docs) echo './learn docs && ls build/docs/html/index.html # index.html' ;;
    test) echo 'for preset in dev asan; do
        cmake --preset $preset && cmake --build --preset $preset --target 01_serial_test \
            01_serial_one_bad_url_answers 01_serial_cost_model_answers slow_server &&
            ctest --preset $preset -R "^01_serial\." --no-tests=error || exit 1
        done # 100% tests passed' ;;
    bench) echo './learn bench spawn # spawn true' ;;
    database) echo './learn run 14 --way fibers --hosts 20 | grep "a private MariaDB" &&
        ./learn run 15 cluster # every URL has its outcome, once' ;;
    *) echo "no group $1" >&2 && exit 2 ;;
    esac
}

debootstrap --variant=minbase --include=ca-certificates "$suite" "$where/base" >"$where/log" ||
    { cat "$where/log" && exit 1; }

failed=
for group; do
    here=$where/$group
    wanted=$(what_for "$group")
    cp -a "$where/base" "$here"
    mount -t proc proc "$here/proc"
    mkdir -p "$here/dev/shm"
    mount -t tmpfs tmpfs "$here/dev/shm"
    echo '127.0.0.1 localhost' >"$here/etc/hosts" # as an installed machine has it
    mkdir "$here/ladder"
    git -C "$root" archive HEAD | tar -x -C "$here/ladder"
    status=0
    chroot "$here" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        CMAKE_BUILD_PARALLEL_LEVEL="${LADDER_JOBS:-$(nproc)}" \
        sh -c "cd ladder && ./learn --yes install $group && ${wanted%#*}" \
        >"$where/$group.log" 2>&1 || status=$?
    if [ $status = 0 ] && grep -qF -- "${wanted##*# }" "$where/$group.log"; then
        echo "$suite, $group: ok"
    else
        echo "$suite, $group: FAILED ($status), wanted '${wanted##*# }'; it ends like this:"
        tail -n 20 "$where/$group.log"
        failed="$failed $group"
    fi
    umount "$here/proc" "$here/dev/shm"
    rm -rf --one-file-system "$here"
    here=
done
[ -z "$failed" ]
