#!/bin/bash
# lab.sh -- one report of everything: the grading, the benchmark and its trend, collections, the
# workload under three profilers, the machine's use, and Python's objects in our pools where `make python-bench` was run.
#
# usage: lab.sh OBJLAB OUT        OUT: folder of a grading, with result.json; lab.html comes beside
set -euo pipefail
cd "$(dirname "$0")/.."

objlab=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
with=()

# document NAME WHAT COMMAND...: its output is one of the report's documents
document()
{
    local file=$work/$1.json
    echo "lab: $2" >&2
    shift 2
    timeout 600 "$@" >"$file"
    with+=(--with "$file")
}

if [ ! -f "$out/result.json" ]; then
    echo "lab: no $out/result.json: make grade first" >&2
    exit 2
fi
echo "lab: benchmark, half a minute" >&2
timeout 600 "$objlab" bench --quick --rivals --save lab --json >"$work/bench.json"
with+=(--with "$work/bench.json")
document history "trend of the saved results" "$objlab" history --json
document trace "collections" "$objlab" trace --json
homework=$(dirname "$objlab")/../../homework
document profilers "the workload under three profilers" "$objlab" profile compare --json \
    --instrumented="$homework/workload_instrumented" -- "$homework/workload" all 20000 all 1
echo "lab: the machine's use" >&2
# shellcheck disable=SC2016 # $0 is the inner shell's
timeout 600 "$objlab" top --interval 0.1 --record "$work/recording" -- \
    sh -c 'exec "$0" trace -n 3000000 >/dev/null' "$objlab" >/dev/null
document top "its recording" "$objlab" top --replay "$work/recording" --json
if [ -f build/reports/python-bench.json ]; then
    with+=(--with build/reports/python-bench.json)
else
    echo "lab: without Python's objects: make python-bench measures them" >&2
fi
"$objlab" report "$out/result.json" --html "${with[@]}" --out "$out/lab.html"
echo "Report: $out/lab.html"
