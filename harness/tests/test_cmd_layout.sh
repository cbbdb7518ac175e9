#!/bin/bash
# test_cmd_layout.sh -- objlab layout against what the figures must add up to.
#
# usage: test_cmd_layout.sh OBJLAB
set -euo pipefail

objlab=$1
fail()
{
    echo "test_cmd_layout: $*" >&2
    exit 1
}

text=$("$objlab" layout)
grep -q '48 bytes in a block of 48; 85 objects a pool' <<<"$text" || fail "slots are not 48 bytes"
grep -q '56 bytes in a block of 64' <<<"$text" || fail "one word more for weak references"
[ "$(grep -cE '^ +[0-9]+ +[0-9]+\.\.[0-9]+ ' <<<"$text")" -eq 32 ] || fail "not 32 size classes"
json=$("$objlab" layout dict --json)
grep -q '"block_bytes": 64' <<<"$json" || fail "the block of a dict-backed object"
grep -q '"name": "attributes"' <<<"$json" || fail "a field is missing"
status=0
"$objlab" layout tuple 2>/dev/null || status=$?
[ "$status" -eq 2 ] || fail "an unknown layout gives status $status"
echo "objlab layout: all figures add up"
