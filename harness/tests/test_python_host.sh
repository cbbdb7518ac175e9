#!/bin/bash
# test_python_host.sh -- objlab-python: whose allocator serves it, what CPython's tests say of the pool,
# and that each seeded defect is noticed. Status 77: skipped, with the reason.
#
# usage: test_python_host.sh HOST SOURCE_DIR [--few]     HOST: "" where it could not be built
#   --few: test_gc only, and without the runs with seeded defects, for a build that takes long
set -euo pipefail

host=$1
source=$2
few=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "test_python_host: $*" >&2
    exit 1
}

skip()
{
    echo "test_python_host: skipped: $*"
    exit 77
}

# refuse VARIABLE=VALUE: status 2 and one line.
refuse()
{
    local status=0
    env "$@" "$host" -c pass 2>"$work/err" || status=$?
    [ "$status" -eq 2 ] || fail "$*: status $status"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$*: not one line"
}

[ -n "$host" ] || skip "objlab-python is not built without the Debian package python3-dev"
# CPython keeps memory to its end, and asks for more than there is to see MemoryError: no faults of ours.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
export OBJLAB_PYTHON_CHECK=1

refuse OBJLAB_PYTHON_ALLOCATOR=malloc
refuse OBJLAB_PYTHON_HOOKS=yes
refuse OBJLAB_PYTHON_CHECK=
refuse OBJLAB_PYTHON_DEFECT=slow
refuse OBJLAB_PYTHON_DEFECT=double-handout:
refuse OBJLAB_PYTHON_DEFECT=double-handout:0
refuse OBJLAB_PYTHON_DEFECT=double-handout:-5
refuse OBJLAB_PYTHON_DEFECT=double-handout OBJLAB_PYTHON_ALLOCATOR=pymalloc

# sys.getallocatedblocks() counts what pymalloc handed out: the witness that is not ours.
blocks='import sys, _objlab; print(sys.getallocatedblocks() > 0, _objlab.heap() is not None, _objlab.owns(object()))'
[ "$("$host" -c "$blocks")" = "False True True" ] || fail "the pool does not serve Python"
[ "$(OBJLAB_PYTHON_HOOKS=1 "$host" -c "$blocks")" = "False True True" ] || fail "debug hooks hide the pool"
[ "$(OBJLAB_PYTHON_ALLOCATOR=pymalloc "$host" -c "$blocks")" = "True False False" ] || fail "pymalloc does not serve"
"$host" - 1 2 <<'PYTHON' || fail "blocks of the heap do not follow Python's objects"
import gc, sys, _objlab
assert sys.argv == ["-", "1", "2"], sys.argv
class Slots: __slots__ = ("a", "b", "c", "d")
gc.disable()
before = _objlab.heap()
objects = [Slots() for _ in range(100000)]
during = _objlab.heap()
assert during["blocks_live"] - before["blocks_live"] >= 100000, (before, during)
assert all(map(_objlab.owns, objects[::997]))
assert not _objlab.owns(bytes(1000)) and during["large"] > before["large"]  # above 512 bytes: malloc's
del objects
after = _objlab.heap()
assert after["blocks_live"] - before["blocks_live"] < 1000, (before, after)
PYTHON
status=0
"$host" -c 'import sys; sys.exit(5)' || status=$?
[ "$status" -eq 5 ] || fail "Python's exit status 5 came as $status"
# The lock of the heap is the GIL: the debug hooks end a process that allocates without it.
status=0
{ # the braces take what bash says of the abort
    (ulimit -c 0 && OBJLAB_PYTHON_HOOKS=1 "$host" -c 'import _testcapi; _testcapi.pymem_malloc_without_gil()') \
        2>"$work/err"
} 2>"$work/abort" || status=$?
[ "$status" -gt 128 ] || fail "status $status without the GIL"
grep -q 'without holding the GIL' "$work/err" || fail "the GIL is not checked"

tests=$source/scripts/python_tests.sh
export OBJLAB_PYTHON_LIMIT=120
status=0
modules=(test_gc)
[ -n "$few" ] || modules+=(test_weakref)
"$tests" "$host" "$work/record.json" 2 ${few:+--no-defects} "${modules[@]}" || status=$?
[ "$status" -ne 3 ] || skip "see the line above"
[ "$status" -eq 0 ] || fail "python_tests.sh gives status $status"
for verdict in '"worse_on_pool": 0' '"defects_unnoticed": 0' "\"passed_on_python3\": ${#modules[@]}"; do
    grep -q "$verdict" "$work/record.json" || fail "the record does not say $verdict"
done
if [ -n "$few" ]; then
    echo "objlab-python: on the pool; seeded defects are left to the other builds"
    exit 0
fi

# The script itself: a module that fails on the pool only must turn up.
status=0
PYTHONHASHSEED=0 OBJLAB_PYTHON_DEFECT=realloc-loses-byte "$tests" "$host" "$work/broken.json" 2 --no-defects test_set \
    >"$work/out" || status=$?
[ "$status" -eq 1 ] || fail "a broken pool gives status $status"
grep -q '"worse_on_pool": 1' "$work/broken.json" || fail "a broken pool is not on record"
echo "objlab-python: on the pool, and noticed where the pool is broken"
