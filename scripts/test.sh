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
rm -f "$results"
status=0
ctest --test-dir "build/$preset" "${arguments[@]}" -j "$jobs" --output-on-failure --no-tests=error \
    --output-junit "$results" || status=$?

total=$(grep -c '<testcase ' "$results")
passed=$(grep -c '<testcase .*status="run"' "$results" || true) # grep -c fails on 0
echo "$stage: $passed passed, $((total - passed)) failed"
[ "$passed" -eq "$total" ] && [ "$status" -eq 0 ]
