#!/bin/bash
# check_includes.sh -- includes point one way: objects <- homework <- harness -> reports(record only).
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
# forbid ROOM PATTERN REASON: no source of ROOM may include what PATTERN matches.
forbid()
{
    local found
    found=$(git grep -nE "^#include \"($2)" -- "$1/*.c" "$1/*.h" "$1/*.cc" || [ $? -eq 1 ])
    if [ -n "$found" ]; then
        printf '%s\n%s: %s\n' "$found" "$1" "$3"
        failed=1
    fi
}

forbid objects '(homework|harness|reports)/' 'the runtime knows nothing of the other rooms'
forbid homework '(harness|reports)/' 'the assignment knows nothing of the harness'
forbid reports '(objects|homework|harness)/' 'reports read records only'
# The command itself (harness/cli) and the grading that writes the reports may use every writer.
for folder in measure bench profile sandbox; do
    forbid "harness/$folder" 'reports/([^r]|r[^e]|re[^c])' 'the harness fills records; only cli/ and judge/ write reports'
done
[ "$failed" -eq 0 ]
