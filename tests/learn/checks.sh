# For tests of ./learn: what can be said about a run whose status is in $status, and what
# it wrote in $scratch/out and $scratch/err; and how many checks failed, in $failures.
failures=0
check() { # check "what should be so" COMMAND...
    what=$1
    shift
    if "$@"; then
        echo "ok    $what"
    else
        echo "FAIL  $what"
        echo "      status $status; stdout and stderr:"
        sed 's/^/      /' "$scratch/out" "$scratch/err"
        failures=$((failures + 1))
    fi
}
status_is() { [ "$status" = "$1" ]; }
prints() { grep -qF -- "$1" "$scratch/out"; }
says() { grep -qF -- "$1" "$scratch/err"; }
one_line() { [ "$(wc -l <"$scratch/err")" = 1 ] && [ ! -s "$scratch/out" ]; }
