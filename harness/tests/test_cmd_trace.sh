#!/bin/bash
# test_cmd_trace.sh -- objlab trace: its counts, against each other and against what must be.
#
# usage: test_cmd_trace.sh OBJLAB
set -euo pipefail

objlab=$1
fail()
{
    echo "test_cmd_trace: $*" >&2
    exit 1
}

for n in 1 2 999 30000; do
    "$objlab" trace --objects "$n" --seed 7 --json | python3 -c '
import json, sys
n = int(sys.argv[1])
t = json.load(sys.stdin)
assert (t["schema"], t["version"], t["objects"]) == ("objlab/trace", 1, n)
steps = {}
for s in t["occupancy"]:
    pools = [p for a in s["arenas"] for p in a["pools"]]
    assert sum(p["used"] for p in pools) == s["live"], s["after"]
    assert all(0 <= p["used"] <= p["capacity"] <= 4096 // 16 for p in pools)
    assert all(p["size"] % 16 == 0 and p["size"] * p["capacity"] <= 4096 for p in pools)
    steps.setdefault(s["after"], []).append(s)
weak = sum(1 for i in range(0, n, 10) if i % 3 != 1)  # every tenth, unless of slots
assert steps["create"][0]["live"] == n
assert steps["link, refer weakly"][0]["live"] == n + weak
for c in t["collections"]:
    assert c["marked"] + c["freed"] == c["examined"] and c["roots"] <= c["marked"]
    assert c["live_before"] - c["live_after"] == c["freed"]
asked = [c for c in t["collections"] if c["reason"] == "asked"]
assert [c["generation"] for c in asked] == [0, 1, 2, 0, 1, 2, 2]
assert asked[2]["live_after"] == steps["collect 2"][0]["live"]
before = steps["drop half, at random"][0]["live"] - sum(c["freed"] for c in asked[:3])
assert before == steps["collect 2"][0]["live"]
if n >= 999:
    assert sum(c["freed"] for c in asked[:3]) > n / 16  # a quarter of the half that is linked
    assert sum(c["freed"] for c in asked[:3]) < n / 6
trims = steps["trim: every arena is still needed"][0]
assert all(any(p["used"] for p in a["pools"]) for a in trims["arenas"])
assert steps["trim"][0]["live"] == 0 and steps["trim"][0]["arenas"] == []
' "$n" || fail "$n objects"
done

"$objlab" trace --seed 7 --json | sed 's/"seconds":[^,]*,//g' >"${TMPDIR:-/tmp}/trace-$$"
"$objlab" trace --seed 7 --json | sed 's/"seconds":[^,]*,//g' | cmp - "${TMPDIR:-/tmp}/trace-$$" ||
    fail "the same seed gave another trace"
rm "${TMPDIR:-/tmp}/trace-$$"
"$objlab" trace -n 999 | grep -q '^ *0  create: 999 blocks live, 1 arenas, 256 KiB$' || fail "no drawing of the first step"

refused()
{
    local status=0 said
    said=$("$objlab" trace "$@" 2>&1) || status=$?
    [ "$status" -eq 2 ] || fail "$*: status $status"
    [ "$(wc -l <<<"$said")" -eq 1 ] || fail "$*: not one line: $said"
}

refused --objects 0
refused --objects -5
refused --objects 10000001
refused --objects many
refused --seed -1
refused extra
echo "test_cmd_trace: passed"
