#!/bin/bash
# test_gbench_compare.sh -- Google Benchmark's own compare tool reads what objlab bench writes.
#
# usage: test_gbench_compare.sh OBJLAB COMPARE_PY
set -euo pipefail

objlab=$1
compare=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "test_gbench_compare: $*" >&2
    exit 1
}

for run in before after; do
    "$objlab" bench --layout slots -n 2000 --clock=os --format=gbench --benchmark_min_time=0.0001 \
        --benchmark_repetitions=9 '--benchmark_filter=^(create|get)/slots/objlab' >"$work/$run.json"
done
/usr/bin/python3 "$compare" --no-color benchmarks "$work/before.json" "$work/after.json" >"$work/table" 2>"$work/error" ||
    fail "compare.py: $(tail -n 3 "$work/error")"

# each case of the file is compared, each by the U test too: that many repetitions were understood
cases=$(python3 - "$work/before.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
print(len({b["run_name"] for b in report["benchmarks"] if b["run_type"] == "iteration"}))
PYTHON
)
[ "$cases" -ge 2 ] || fail "only $cases cases in the file"
compared=$(grep -cE '_pvalue .*U Test, Repetitions: 9 vs 9' "$work/table" || :)
[ "$compared" -eq "$cases" ] || fail "$compared of $cases cases compared: $(cat "$work/table")"
grep -qE '^OVERALL_GEOMEAN' "$work/table" || fail "no overall figure: $(cat "$work/table")"
echo "compare.py: $compared cases compared"
