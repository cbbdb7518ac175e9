#!/bin/bash
# profile_workload.sh -- grades a submission and shows the profiles of its workload: calls as
# pstats prints them, memory over time, bytes an object: what findings.ini is filled in from.
#
# usage: scripts/profile_workload.sh OBJLAB SUBMISSION OUT
set -euo pipefail
cd "$(dirname "$0")/.."

objlab=$1
submission=$2
out=$3
evidence=$out/evidence

status=0
"$objlab" grade "$submission" --out "$out" >/dev/null || status=$?
[ "$status" -le 1 ] || exit "$status" # 1: graded, and below full marks

echo "== calls: the workload, three layouts, 2000 objects each, three orders of destruction"
"$objlab" show --sort=tottime --limit=15 "$evidence/valgrind/calls/callgrind.out"
echo "== how often attributes are read, and the rest of the contract"
"$objlab" show --sort=ncalls --filter='\(hw_' "$evidence/valgrind/calls/callgrind.out"
echo "== memory: 100,000 dict-backed objects made and destroyed"
"$objlab" show "$evidence/valgrind/massif-dict/massif.out"
echo "== bytes an object, everything counted"
"$objlab" report "$out/result.json" --terminal | sed -n '/^ *memory, bytes/,/bytes an object/p'
