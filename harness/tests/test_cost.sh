#!/bin/bash
# test_cost.sh -- objlab cost counts the same whatever surrounds it, sees a regression, and refuses
# to compare what cannot be compared.
#
# usage: test_cost.sh OBJLAB [--few]
#   --few: in one surrounding only, for a build that takes long
set -euo pipefail

objlab=$1
few=${2:-}
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

# Whatever surrounds it, it counts the same.
surroundings()
{
    figures "$objlab" >"$work/again"
    cmp "$work/first" "$work/again" || fail "a second run counts otherwise"

    long=$(printf 'x%.0s' {1..30000})
    figures env LONG="$long" "$objlab" >"$work/environment"
    cmp "$work/first" "$work/environment" || fail "a large environment counts otherwise"
    figures env -i "$objlab" >"$work/environment"
    cmp "$work/first" "$work/environment" || fail "an empty environment counts otherwise"

    # Other code of libc is chosen outside, for another processor: nothing of it is seen inside. Given to
    # the program itself, the same settings change what is counted.
    worker=$(dirname "$objlab")/../bench/objlab-bench-cost
    counted()
    {
        env GLIBC_TUNABLES="$1" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$worker" 1000 2>&1 |
            sed -n 's/.*Collected : //p'
    }
    for tunables in glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM,-SSE4_2,-SSSE3 \
        glibc.cpu.x86_rep_movsb_threshold=1000000; do
        figures env GLIBC_TUNABLES="$tunables" "$objlab" >"$work/dispatch"
        cmp "$work/first" "$work/dispatch" || fail "with $tunables outside it counts otherwise"
    done
    plain=$(counted "")
    other=$(counted glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM,-SSE4_2,-SSSE3)
    if [ "$(uname -m)" = x86_64 ] && { [ -z "$plain" ] || [ "$plain" = "$other" ]; }; then
        fail "the settings change nothing at all ($plain, $other): what was tried?"
    fi

    mkdir -p "$work/a/rather/deep/folder/with/a/name/of/another/length"
    (cd "$work/a/rather/deep/folder/with/a/name/of/another/length" && figures "$objlab") >"$work/folder"
    cmp "$work/first" "$work/folder" || fail "another folder counts otherwise"
    mkdir "$work/tmp-of-another-length"
    figures env TMPDIR="$work/tmp-of-another-length" "$objlab" >"$work/folder"
    cmp "$work/first" "$work/folder" || fail "another temporary folder counts otherwise"

    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$work"
        mkdir -m 755 "$work/program" # nobody may not enter every checkout
        cp "$objlab" "$worker" "$work/program/"
        figures setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$work/program/objlab" >"$work/user"
        cmp "$work/first" "$work/user" || fail "another user counts otherwise"
        outcome="the same whatever surrounded it, another user among them"
    else
        outcome="the same whatever surrounded it, another user NOT among them: that needs root"
    fi

    (while :; do :; done) &
    load=$!
    figures "$objlab" >"$work/loaded"
    cmp "$work/first" "$work/loaded" || fail "a busy machine counts otherwise"
}

outcome="not compared between surroundings (--few)"
if [ "$few" != --few ]; then
    surroundings
fi

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
def changed(name, key, value):
    record = json.load(open(work + "/accepted.json"))
    record["fingerprint"][key] = value(record["fingerprint"][key])
    json.dump(record, open(work + "/other-" + name + ".json", "w"))
changed("cache", "cpu", lambda cpu: cpu.replace("LL 8 MiB", "LL 4 MiB"))
changed("build", "environment", lambda e: [v.replace("build=", "build=other") for v in e])
PYTHON

status=0
"$objlab" cost --baseline "$work/cheaper.json" >/dev/null 2>"$work/error" || status=$?
[ "$status" -eq 1 ] || fail "a regression gives status $status: $(cat "$work/error")"
grep -q '3 figures cost more' "$work/error" || fail "not three layouts: $(cat "$work/error")"

status=0
"$objlab" cost --baseline "$work/other.json" >/dev/null 2>"$work/error" || status=$?
[ "$status" -eq 2 ] || fail "another compiler gives status $status"
grep -q 'a tool differs' "$work/error" || fail "the difference is not named: $(cat "$work/error")"

for what in cache build; do
    status=0
    "$objlab" diff "$work/accepted.json" "$work/other-$what.json" >/dev/null 2>"$work/error" || status=$?
    [ "$status" -eq 2 ] || fail "another $what gives status $status"
    grep -qE 'LL 4 MiB|build=other' "$work/error" || fail "the $what is not named: $(cat "$work/error")"
done

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
echo "objlab cost: $outcome"
