#!/bin/bash
# test.sh -- builds one configuration, runs its tests and closes with a line
# "N passed, N failed".
#
# usage: scripts/test.sh dev|asan-ubsan|coverage|memcheck JOBS
# memcheck runs the dev build's tests under valgrind, without those labelled slow,
# sandbox or browser (they start programs of their own, or take minutes).
set -euo pipefail
cd "$(dirname "$0")/.."

stage=$1
jobs=$2
preset=$stage
arguments=()
if [ "$stage" = memcheck ]; then
    preset=dev
    arguments=(-T MemCheck -LE 'slow|sandbox|browser')
fi
scripts/build.sh "$preset" "$jobs"
if [ "$preset" = dev ] && command -v node >/dev/null && command -v npm >/dev/null; then
    cmake --build --preset dev --target web >build/web-build.log 2>&1 || {
        cat build/web-build.log >&2
        exit 3
    }
fi

results=$PWD/build/$stage-results.xml
log=build/$stage-tests.log
rm -f "$results"
if [ "$stage" != memcheck ]; then # ctest writes no XML of a memory check
    arguments+=(--output-junit "$results")
fi
status=0
ctest --test-dir "build/$preset" "${arguments[@]}" -j "$jobs" --output-on-failure --no-tests=error |
    tee "$log" || status=$?

# The closing lines: "95% tests passed, 1 tests failed out of 22".
read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests failed out of ([0-9]+)$/\1 \2/p' "$log")
if [ "$stage" = memcheck ] && [ "$failed" -gt 0 ]; then
    grep -lE '^==|Assertion' build/dev/Testing/Temporary/MemoryChecker.*.log | xargs -r tail -n +1 | head -n 100
fi
echo "$stage: $((total - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$status" -eq 0 ]
