#!/bin/bash
# test_cmd_tour.sh -- objlab tour: its figures, against what CPython 3.11 answers to the same lines.
#
# usage: test_cmd_tour.sh OBJLAB
set -euo pipefail

objlab=$1
fail()
{
    echo "test_cmd_tour: $*" >&2
    exit 1
}

# result STEP CODE WANTED: that line of that step ends in that
result()
{
    local got
    got=$("$objlab" tour "$1" --json | sed -n "/\"code\": \"$2\"/{n;s/.*\"result\": \"\(.*\)\"/\1/p}")
    [ "$got" = "$3" ] || fail "$1: $2 gave '$got', not '$3'"
}

result counts 'list = \[point, point\]' 'refcount 3'
result counts 'del point' 'live objects 0'
result dead 'del point; r()' 'None'
result dead 'ref(object with __slots__)' "TypeError: cannot create weak reference to 'Point' object"
result cycle 'gc.collect()' '2'
result cycle 'live objects' '0'
result layouts "__slots__ = ('a', 'b', 'c', 'd')" '48 bytes an object; 100000 of them: 4.8 MiB'
result names 'slots.z = 1' "AttributeError: 'Point' object has no attribute 'z'"
result arena 'those, too' '0 blocks live, 0 arenas, 0 KiB'
result finalizer 'a cycle of objects with __del__: gc.collect()' '0'

# each 5000th of 80000 blocks is left, and keeps its arena: 85 blocks a pool, 63 pools an arena
n_arenas=$(((80000 + 85 * 63 - 1) / (85 * 63)))
result arena 'all freed but each 5000th' "16 blocks live, $n_arenas arenas, $((n_arenas * 256)) KiB"

[ "$("$objlab" tour --list | wc -l)" -eq "$("$objlab" tour </dev/null | grep -cE '^[0-9]/[0-9]  ')" ] ||
    fail "not every step was shown"
status=0
"$objlab" tour nowhere >/dev/null 2>&1 || status=$?
[ "$status" -eq 2 ] || fail "an unknown step gives status $status"
echo "objlab tour: all figures as expected"
