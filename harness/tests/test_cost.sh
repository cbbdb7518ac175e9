#!/bin/bash
# test_cost.sh -- objlab cost counts the same whatever surrounds it, sees a regression, and refuses
# to compare what cannot be compared.
#
# usage: test_cost.sh OBJLAB
set -euo pipefail

objlab=$1
work=$(mktemp -d)
load=
trap 'kill $load 2>/dev/null || :; rm -rf "$work"' EXIT

fail()
{
    echo "test_cost: $*" >&2
    exit 1
}

# The figures of a run, without the time that it was made at and took.
figures()
{
    "$@" cost --json | grep -vE '"(created|elapsed_s)"'
}

figures "$objlab" >"$work/first"
[ "$(grep -c '"median"' "$work/first")" -gt 100 ] || fail "there are hardly any figures"

figures "$objlab" >"$work/again"
cmp "$work/first" "$work/again" || fail "a second run counts otherwise"

long=$(printf 'x%.0s' {1..30000})
figures env LONG="$long" GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable "$objlab" >"$work/environment"
cmp "$work/first" "$work/environment" || fail "another environment counts otherwise"

mkdir -p "$work/a/rather/deep/folder"
(cd "$work/a/rather/deep/folder" && figures "$objlab") >"$work/folder"
cmp "$work/first" "$work/folder" || fail "another folder counts otherwise"

(while :; do :; done) &
load=$!
figures "$objlab" >"$work/loaded"
cmp "$work/first" "$work/loaded" || fail "a busy machine counts otherwise"

# against itself; against a baseline that cost a tenth less; against another compiler's
"$objlab" cost --out "$work/accepted.json" >/dev/null
"$objlab" cost --baseline "$work/accepted.json" >"$work/diff" || fail "it regressed against itself"
grep -q 'no difference' "$work/diff" || fail "nothing was compared"

python3 - "$work" <<'PYTHON'
import json, sys
work = sys.argv[1]
accepted = json.load(open(work + "/accepted.json"))
slower = json.loads(json.dumps(accepted))
for figure in slower["figures"]:
    if figure["name"] == "create_instructions":
        for key in ("median", "low", "high"):
            figure[key] *= 0.9 if figure["layout"] != "dict" else 0
json.dump(slower, open(work + "/cheaper.json", "w"))
accepted["fingerprint"]["tools"] = [t.replace("gcc", "gcc 1.0") for t in accepted["fingerprint"]["tools"]]
json.dump(accepted, open(work + "/other.json", "w"))
PYTHON

status=0
"$objlab" cost --baseline "$work/cheaper.json" >/dev/null 2>"$work/error" || status=$?
[ "$status" -eq 1 ] || fail "a regression gives status $status: $(cat "$work/error")"
grep -q '3 figures cost more' "$work/error" || fail "not three layouts: $(cat "$work/error")"

status=0
"$objlab" cost --baseline "$work/other.json" >/dev/null 2>"$work/error" || status=$?
[ "$status" -eq 2 ] || fail "another compiler gives status $status"
grep -q 'a tool differs' "$work/error" || fail "the difference is not named: $(cat "$work/error")"

# saved under a name; objlab diff judges by it, and refuses another simulated machine
export OBJLAB_HISTORY=$work/history.sqlite
"$objlab" cost --save accepted >/dev/null
"$objlab" diff accepted "$work/accepted.json" >"$work/diff" || fail "saved and unsaved differ"
grep -q '0 regressed' "$work/diff" || fail "nothing was compared: $(cat "$work/diff")"
grep -qE "^(x86_64|aarch64), simulated" <<<"$(sed -n 's/.*"cpu": "//p' "$work/first")" ||
    fail "the architecture is not in the fingerprint"
status=0
"$objlab" diff accepted "$work/other.json" >/dev/null 2>"$work/error" || status=$?
[ "$status" -eq 2 ] || fail "diff with another compiler gives status $status"
grep -q 'a tool differs' "$work/error" || fail "diff does not name the difference: $(cat "$work/error")"

status=0
"$objlab" cost --save a/b >/dev/null 2>&1 || status=$?
[ "$status" -eq 2 ] || fail "a bad name gives status $status"

status=0
"$objlab" cost --baseline /nonexistent >/dev/null 2>&1 || status=$?
[ "$status" -eq 2 ] || fail "no baseline gives status $status"
echo "objlab cost: the same in five surroundings"
