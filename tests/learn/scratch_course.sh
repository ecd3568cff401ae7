# scratch_course PROJECT BUILD FOLDER: makes FOLDER a small course of its own, with the
# real ./learn, lessons and tests, and with exercises, at their beginning, that may be
# edited there.
scratch_course() {
    mkdir -p "$3/build/bin" "$3/build/.learn" "$3/exercises"
    cp "$1/learn" "$1/CMakePresets.json" "$1/tests/learn/course/CMakeLists.txt" "$3/"
    cp -r "$1/exercises/01_serial" "$3/exercises/"
    ln -s "$1/lessons" "$1/solutions" "$1/tests" "$1/runner" "$3/"
    ln -s "$2/bin/learn" "$3/build/bin/learn"
    export LADDER_PROJECT="$1" LADDER_BUILD="$2"
    unset LADDER_PROGRESS EDITOR
    LADDER_ROOT="$3" "$2/bin/learn" reset --all --yes >/dev/null
    rm -rf "$3/.learn"
}

processes_in() { # processes_in FOLDER: the command lines of those that work there
    for process in /proc/[0-9]*; do
        case $(readlink "$process/cwd" 2>/dev/null) in
        "$1"*) tr '\0' ' ' <"$process/cmdline" ;;
        esac
    done
}
