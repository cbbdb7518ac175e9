#!/bin/bash
# test_aarch64.sh -- the timer, and the workers that use it, on the other architecture: built by the
# cross compiler, run by qemu. Times mean nothing there; what is asked is that the counter opens, is
# calibrated, goes on, and that every step of every worker gives windows.
#
# usage: test_aarch64.sh PROJECT
set -euo pipefail

project=$1
cc=aarch64-linux-gnu-gcc
run=qemu-aarch64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$project"

fail()
{
    echo "test_aarch64: $*" >&2
    exit 1
}

for tool in "$cc" "$run"; do
    command -v "$tool" >/dev/null || fail "no $tool: make test-aarch64 installs it"
done
flags=(-std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -I.)
measure=(harness/measure/clock.c harness/measure/window.c)
objects=(objects/*.c)
"$cc" "${flags[@]}" -Iharness/tests/aarch64 harness/tests/test_clock.c "${measure[@]}" -o "$work/test_clock"
"$cc" "${flags[@]}" -fno-builtin-malloc -fno-builtin-free harness/bench/bench_alloc.c harness/bench/worker.c \
    "${measure[@]}" -o "$work/alloc"
"$cc" "${flags[@]}" -DOBJECTS_UNWATCHED harness/bench/bench_objects.c harness/bench/worker.c "${measure[@]}" \
    "${objects[@]}" -o "$work/objects"

"$run" "$work/test_clock" || fail "the timer's tests fail"

# worker NAME CLOCK: takes every step once; each must answer with a window and a value
worker()
{
    local name=$1 clock=$2 n answers
    n=$(echo steps | "$run" "$work/$name" "$clock" 16 1000 3 1 -1 | grep -cE '^[a-z_]+ ')
    [ "$n" -gt 5 ] || fail "$name announces $n steps"
    answers=$(for ((i = 0; i < n; i++)); do echo "run $i"; done |
        "$run" "$work/$name" "$clock" 16 1000 3 1 -1)
    [ "$(grep -cE '^ok [1-9]' <<<"$answers")" -eq "$n" ] ||
        fail "$name with clock $clock: $(grep -vE '^[0-9]' <<<"$answers" | sort | uniq -c)"
    echo "ok $name, clock $clock: $n steps"
}
for name in alloc objects; do
    worker "$name" cntvct
    worker "$name" os
done
status=0
answer=$("$run" "$work/alloc" tsc 16 1000 3 1 -1 </dev/null) || status=$?
if [ "$status" -eq 0 ] || [[ $answer != *"only x86-64"* ]]; then
    fail "tsc on aarch64: status $status, '$answer'"
fi
echo "ok tsc is refused there"
