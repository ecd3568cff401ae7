#!/bin/sh
# Tests ./learn explore and ./learn replay: with the real companion, compiler and explorer,
# and with a script that builds nothing, as all is there.
# usage: explore_test.sh PROJECT BUILD
set -eu

project=$1 build=$2
. "$project/tests/learn/checks.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir -p tmp root/exercises root/lessons root/build/tests
export TMPDIR="$scratch/tmp" LADDER_ROOT="$scratch/root"
ln -s "$build/lessons" "$build/include" "$build/CMakeCache.txt" root/build/
ln -s "$project/exercises/05_threads" root/exercises/
ln -s "$project/lessons/05_threads" root/lessons/
echo 'exit 0' >root/learn
run() { # run ARGUMENTS...
    status=0
    "$build/bin/learn" "$@" >out 2>err </dev/null || status=$?
}

cat >two_steps.cpp <<'END'
#include <atomic>
#include <cassert>
#include <thread>

int main() {
    std::atomic<int> balance = 0;
    std::thread a{[&] { balance = balance + 1; }};
    std::thread b{[&] { balance = balance + 1; }};
    a.join();
    b.join();
    assert(balance == 2);
}
END
run explore two_steps.cpp
check 'a program that is wrong in some order fails' status_is 1
check 'how it ended is said' prints 'the program is ended by ABRT'
check 'who was interrupted' grep -q -- '---- [AB] is interrupted here' out
check 'and at which line' prints 'two_steps.cpp:7'

sed 's/balance = balance + 1/balance += 1/' two_steps.cpp >one_step.cpp
run explore one_step.cpp
check 'one that is right passes' status_is 0
check 'with what was tried' prints 'it holds'
run explore one_step.cpp --preemptions 0
check 'without interruptions there are fewer' status_is 0

echo 'int main() { return 3; }' >three.cpp
run explore three.cpp
check 'a status that is not 0 is a failure' prints 'main returns 3'
echo 'int main() { return x; }' >wrong.cpp
run explore wrong.cpp
check 'what does not compile fails' status_is 1
check 'with what the compiler says' grep -q 'wrong.cpp:1' err
run explore no_such_file.cpp
check 'a file that is not there is wrong usage' status_is 2

# an answer of a learner: the first of these that is wrong
ln -s "$build/tests/05_threads_bank_account_answers_orders" \
    root/build/tests/05_threads_bank_account_yours_orders
run replay bank_account
check 'an answer that fails in some order is played again' status_is 1
check 'with the order' grep -q 'is interrupted here' err

check 'no temporary file is left' [ -z "$(ls tmp)" ]
[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
