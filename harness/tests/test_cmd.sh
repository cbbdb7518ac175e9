#!/bin/bash
# test_cmd.sh -- the objlab command as a shell sees it: exit codes, one line an error, a whole
# grading with timing, every report of its record.
#
# usage: test_cmd.sh OBJLAB SOURCE_DIR
set -euo pipefail

objlab=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "test_cmd: $*" >&2
    exit 1
}

# expect STATUS COMMAND...: the status is that; for 2, there is one line of complaint and no more.
expect()
{
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "$* gave status $status, not $wanted: $(cat "$work/err")"
    [ "$wanted" -ne 2 ] || [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$*: not one line: $(cat "$work/err")"
}

expect 0 "$objlab" --help
grep -q 'objlab grade DIR' "$work/out" || fail "help does not name grade"
expect 0 "$objlab" --version
expect 2 "$objlab" frobnicate
expect 2 "$objlab" grade
expect 2 "$objlab" grade /nonexistent
expect 2 "$objlab" grade "$source/homework/starter" --sandbox=maybe
expect 2 "$objlab" grade "$source/homework/starter" --seed=many
expect 2 "$objlab" grade "$source/homework/starter" --jobs=-1
expect 2 "$objlab" class
expect 2 "$objlab" class /nonexistent
expect 2 "$objlab" class "$source/homework" --engine=moon
expect 2 "$objlab" report
expect 2 "$objlab" report /nonexistent --html
printf '{"schema": "objlab/result", "version": 99}' >"$work/other.json"
expect 2 "$objlab" report "$work/other.json" --terminal
printf '{"schema": ' >"$work/cut.json"
expect 2 "$objlab" report "$work/cut.json" --junit
expect 2 "$objlab" report "$work/cut.json" --sarif --gradescope

expect 1 "$objlab" grade "$source/homework/starter" --out "$work/graded"
grep -q 'What to do next' "$work/out" || fail "no advice"
[ -s "$work/graded/report.html" ] || fail "no HTML"
[ -s "$work/graded/report.junit.xml" ] || fail "no JUnit"
cp "$work/graded/result.json" "$work/first.json"
expect 1 "$objlab" grade "$work/graded" --evidence --json
grep -q '"schema": "objlab/result"' "$work/out" || fail "--json is not the record"

# the same grading twice is no change; a lower score is one
expect 0 "$objlab" diff "$work/first.json" "$work/graded/result.json"
expect 0 "$objlab" diff "$work/first.json" "$work/graded/result.json" --json
grep -q '"schema": "objlab/result-diff"' "$work/out" || fail "diff --json is not its record"
python3 - "$work/first.json" "$work/better.json" <<'PYTHON'
import json, sys
record = json.load(open(sys.argv[1]))
part = next(p for p in record["parts"] if p["score"] + 2 <= p["max_score"])
part["score"] += 2
record["score"] += 2
json.dump(record, open(sys.argv[2], "w"))
PYTHON
expect 0 "$objlab" diff "$work/first.json" "$work/better.json"
grep -qF '+2.00' "$work/out" || fail "the gain is not shown: $(cat "$work/out")"
expect 1 "$objlab" diff "$work/better.json" "$work/first.json"

for form in --html --junit --sarif --gradescope --classroom --terminal; do
    expect 0 "$objlab" report "$work/first.json" "$form" --out "$work/again"
    [ -s "$work/again" ] || fail "report $form wrote nothing"
    expect 0 "$objlab" report "$work/first.json" "$form"
done
expect 2 "$objlab" report "$work/first.json" --html --out /nonexistent/report.html

evidence=$work/graded/evidence/valgrind
for form in --json --callers --callees --lines --export=folded --export=speedscope; do
    expect 0 "$objlab" show "$form" "$evidence/calls/callgrind.out"
done
expect 0 "$objlab" show --json "$evidence/massif-dict/massif.out"
expect 0 "$objlab" show --json "$evidence/memcheck-pool/memcheck.xml"
expect 0 "$objlab" show "$evidence/memcheck-pool/memcheck.xml"
expect 0 "$objlab" diff "$evidence/calls/callgrind.out" "$evidence/calls/callgrind.out"

valgrind --tool=dhat --dhat-out-file="$work/dhat.out" --quiet /bin/true >"$work/out" 2>&1
expect 0 "$objlab" show "$work/dhat.out"
expect 0 "$objlab" show --json "$work/dhat.out"
valgrind --tool=cachegrind --cachegrind-out-file="$work/cachegrind.out" --quiet /bin/true >"$work/out" 2>&1
expect 0 "$objlab" show --limit=5 "$work/cachegrind.out"
expect 0 "$objlab" profile calls --caches --json -- /bin/true
expect 0 "$objlab" profile memory --json -- /bin/true
expect 2 "$objlab" profile calls -- /nonexistent
echo "objlab: every command as documented"
