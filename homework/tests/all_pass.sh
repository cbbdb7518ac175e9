#!/bin/bash
# all_pass.sh -- runs every test of a drive_tests program; fails unless each one is done without a
# failed check, and there are some.
set -euo pipefail

answers=$(mktemp)
trap 'rm -f "$answers"' EXIT
ASAN_OPTIONS=allocator_may_return_null=1 "$1" 3>"$answers"
started=$(grep -c '^t ' "$answers")
passed=$(grep -cE '^d [1-9][0-9]* 0$' "$answers")
grep '^f ' "$answers" || [ $? -eq 1 ] # no failed check is what is hoped for
echo "$passed of $started tests pass"
[ "$started" -gt 0 ] && [ "$passed" -eq "$started" ] && tail -n 1 "$answers" | grep -q '^end '
