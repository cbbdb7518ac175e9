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

# every kind of block: fields in order, none overlaps, and with the padding they fill the block
"$objlab" layout all --json | python3 -c '
import json, sys
pictures = json.load(sys.stdin)["layouts"]
assert len(pictures) >= 15, len(pictures)
for p in pictures:
    end = 0
    for f in p["fields"]:
        assert f["offset"] >= end and f["bytes"] > 0, (p["layout"], f)
        end = f["offset"] + f["bytes"]
    assert end == p["bytes"] <= p["block_bytes"], p["layout"]
    assert sum(f["bytes"] for f in p["fields"]) + p["padding_bytes"] == p["block_bytes"], p["layout"]
    assert p["per_pool"] == (4096 // p["block_bytes"] if p["block_bytes"] <= 512 else 0), p["layout"]
' || fail "a block is not what its fields add up to"
[ "$("$objlab" layout all | grep -cE ' -- ')" -ge 15 ] || fail "not every kind is drawn"
"$objlab" layout tuple | grep -q 'item 2' || fail "a tuple has no items"
status=0
said=$("$objlab" layout nothing 2>&1) || status=$?
[ "$status" -eq 2 ] || fail "an unknown layout gives status $status"
grep -q "'nothing' is none of all, dict" <<<"$said" || fail "what is known is not named: $said"
echo "objlab layout: all figures add up"
