#!/bin/bash
# coverage.sh -- line coverage of objects/ and harness/ by the whole suite:
# pages in build/coverage-html, fails under 90 % in either room.
#
# usage: scripts/coverage.sh JOBS
set -euo pipefail
cd "$(dirname "$0")/.."

minimum=90
rm -rf build/coverage-html
[ -d build/coverage ] && find build/coverage -name '*.gcda' -delete
scripts/test.sh coverage "$1"

lcov --quiet --capture --directory build/coverage --base-directory "$PWD" --no-external \
    --output-file build/coverage-all.info
lcov --quiet --extract build/coverage-all.info "$PWD/objects/*" "$PWD/harness/*" "$PWD/reports/*" \
    --output-file build/coverage-rooms.info
lcov --quiet --remove build/coverage-rooms.info '*/tests/*' --output-file build/coverage.info
genhtml --quiet --output-directory build/coverage-html --prefix "$PWD" --title objlab build/coverage.info

# DA:<line>,<hits>[,...] below each SF:<file>
awk -F '[:,]' -v root="$PWD/" -v minimum="$minimum" '
    /^SF:/ { file = substr($0, 4); sub(root, "", file); room = substr(file, 1, index(file, "/") - 1) }
    /^DA:/ { total[room]++; if ($3 > 0) hit[room]++ }
    END {
        for (room in total) {
            share = 100 * hit[room] / total[room]
            printf "coverage %-8s %6.2f %% of %d lines\n", room, share, total[room]
            if (share < minimum && room != "reports") low = 1
        }
        if (low) { printf "coverage: under %d %%\n", minimum; exit 1 }
    }' build/coverage.info
echo "coverage: pages in build/coverage-html/index.html"
