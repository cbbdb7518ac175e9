#!/bin/bash
# test_python_bench.sh -- python_bench: its record is complete and its figures add up; no time is judged.
#
# usage: test_python_bench.sh PROGRAM HOST SOURCE_DIR
set -euo pipefail

program=$1
host=$2
script=$3/harness/python/mass_creation.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "test_python_bench: $*" >&2
    exit 1
}

# expect STATUS ARGUMENT...
expect()
{
    local wanted=$1 status=0
    shift
    "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$wanted" ] || fail "$* gave status $status, not $wanted: $(cat "$work/err")"
}

expect 2
expect 2 "$host" "$script" "$work/no.json" 0
expect 2 "$host" "$script" "$work/no.json" 1 1999
expect 3 /nonexistent "$script" "$work/no.json" 1 20000
expect 3 "$host" /nonexistent "$work/no.json" 1 20000
echo 'print("create", 1); print("destroy", 0); print("batch")' >"$work/short.py"
expect 3 "$host" "$work/short.py" "$work/no.json" 1 20000
grep -q 'a figure is missing' "$work/err" || fail "short output: $(cat "$work/err")"
expect 3 "$host" "$script" /nonexistent/no.json 1 20000
[ ! -e "$work/no.json" ] || fail "a record of nothing"

expect 0 "$host" "$script" "$work/record.json" 2 20000
[ "$(grep -cE '^(class|__slots__|list)' "$work/out")" -eq 20 ] || fail "not 20 rows: $(cat "$work/out")"
"$host" - "$work/record.json" <<'PYTHON' || fail "the record is wrong"
import json, sys
record = json.load(open(sys.argv[1]))
assert (record["schema"], record["objects"], record["rounds"]) == ("objlab/python-bench", 20000, 2)
figures = {(f["kind"], f["figure"]): f for f in record["figures"]}
assert len(figures) == 20
for figure in figures.values():
    for part in ("pymalloc", "pool", "ratio", "control"):
        assert 0 < figure[part]["low"] <= figure[part]["median"] <= figure[part]["high"], figure
# An instance with slots is the collector's header, its own and four values: 64 bytes; __weakref__ is one more.
for subject in ("pymalloc", "pool"):
    n_bytes = {kind: figures[kind, "bytes"][subject]["median"] for kind in ("dict", "slots", "slots_weakref")}
    assert 60 <= n_bytes["slots"] < n_bytes["slots_weakref"] < n_bytes["dict"], n_bytes
PYTHON
echo "python_bench: the record is complete"
