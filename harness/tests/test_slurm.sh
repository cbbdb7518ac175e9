#!/bin/bash
# test_slurm.sh -- objlab class on a real Slurm cluster of one node: the same gradebook as on this
# machine alone, whatever happens on the way.
#
# usage: slurm_cluster.sh test_slurm.sh OBJLAB
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
objlab=$1
work=$(mktemp -d)

clean()
{
    local -a running
    mapfile -t running < <(jobs -p)
    [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap clean EXIT
class=$work/class
node=$(hostname -s)
mortal=(setpriv --pdeathsig TERM --) # what it starts ends with this shell, however that ends

fail()
{
    echo "test_slurm: $*" >&2
    cat "$work"/err* >&2
    exit 1
}

# Gradings that are short: none of them builds much.
make_class()
{
    local name
    for name in 'ann' 'bob;"b"' 'eve' 'Ёж'; do
        mkdir -p "$class/$name"
        printf 'int f(void) { return x; }\n' >"$class/$name/pool.c"
    done
    rm "$class/eve/pool.c"
    echo nothing >"$class/eve/notes.txt" # no part: cannot be graded
}

# start OUT ARGUMENTS...: in the background.
start()
{
    local out=$1
    shift
    "${mortal[@]}" "$objlab" class "$class" --quick --out "$out" "$@" >"$work/said" 2>"$work/err" &
}

# grade OUT ARGUMENTS...: one submission cannot be graded, so the status is 3.
grade()
{
    local status=0
    start "$@"
    wait $! || status=$?
    [ "$status" -eq 3 ] || fail "class $* gave status $status"
}

# The wait ends when the condition holds.
wait_until()
{
    for _ in $(seq 1200); do
        ! "$@" || return 0
        sleep 0.1
    done
    fail "waited in vain: $*"
}

# A node that comes back from a failure knows nothing of the tasks that it had.
reboot_node()
{
    local cluster pid
    cluster=$(dirname "$SLURM_CONF")
    pid=$(cat "$cluster/slurmd.pid")
    kill "$pid"
    wait_until test ! -e "$cluster/slurmd.pid"
    rm -f "$cluster"/spool/cred_state*
    "${mortal[@]}" slurmd -D >>"$cluster/slurmd.out" 2>&1 &
}

node_is_up() { [ "$(sinfo -h -o %t)" = idle ]; }
some_are_done() { [ -n "$(ls "$1/.cluster/done" 2>/dev/null)" ]; }
no_step_runs() { [ -z "$(find "$(dirname "$SLURM_CONF")/spool" -type s)" ]; } # a socket each
nothing_runs() { [ -z "$(squeue -h)" ]; }

same_as_alone()
{
    cmp "$work/alone/gradebook.csv" "$1/gradebook.csv" || fail "$2: another gradebook"
    [ -s "$1/Ёж/report.html" ] || fail "$2: no report"
    nothing_runs || fail "$2: something is left in the queue"
}

make_class
grade "$work/alone" --engine local
grep -q '^"eve",' "$work/alone/gradebook.csv" || fail "eve is not in the gradebook"

grade "$work/one" --engine slurm
same_as_alone "$work/one" "one a task"
grep -q '4 submissions, 0 kept' "$work/said" || fail "said: $(cat "$work/said")"
grep -q 'eve: .*no part in it' "$work/err" || fail "no word of why eve has no result"
"$objlab" grade "$work/one/ann" --evidence --out "$work/one/ann" >/dev/null 2>"$work/err" ||
    [ $? -eq 1 ] || fail "evidence does not stand where it was collected"

grade "$work/one" --engine slurm --resume
grep -q '4 submissions, 3 kept' "$work/said" || fail "resume said: $(cat "$work/said")"
same_as_alone "$work/one" "resumed"
grade "$work/one" --engine local --resume
grep -q '4 submissions, 3 kept' "$work/said" || fail "resume here said: $(cat "$work/said")"

# The node fails while tasks run: they are put back into the queue, and the class goes on by itself.
# Slurm waits two minutes before it starts a task again, for what may be left of the first attempt;
# we have looked.
status=0
start "$work/failed" --engine slurm --chunk 3
class_pid=$!
wait_until some_are_done "$work/failed"
job=$(cat "$work/failed/.cluster/job")
scontrol update "NodeName=$node" State=DOWN Reason=test
wait_until no_step_runs
reboot_node
wait_until node_is_up
squeue -h -t PD -o %i | xargs -I{} scontrol update JobId={} StartTime=now
scontrol show job "$job" | grep -q 'Restarts=1' || fail "no task was put back into the queue"
wait $class_pid || status=$?
[ "$status" -eq 3 ] || fail "after the node failed: status $status"
same_as_alone "$work/failed" "after the node failed"

# The command is killed: its job is ended, its results are kept by the next.
start "$work/killed" --engine slurm
wait_until some_are_done "$work/killed"
kill -KILL $!
wait $! 2>/dev/null || true
grade "$work/killed" --engine slurm --resume
! grep -q ' 0 kept' "$work/said" || fail "nothing kept of a killed run: $(cat "$work/said")"
same_as_alone "$work/killed" "after it was killed"

# It is told to stop: the job goes, what is done stays.
status=0
start "$work/stopped" --engine slurm
wait_until some_are_done "$work/stopped"
kill -TERM $!
wait $! || status=$?
[ "$status" -eq 143 ] || fail "told to stop: status $status"
nothing_runs || fail "told to stop, and the job goes on"
grade "$work/stopped" --engine local --resume
! grep -q ' 0 kept' "$work/said" || fail "nothing kept of a run that was stopped"
same_as_alone "$work/stopped" "after it was stopped"

# Tasks that Slurm ends, as at their limit of time: no result, and a word of where to look.
status=0
start "$work/ended" --engine slurm --chunk 4
wait_until test -s "$work/ended/.cluster/job"
wait_until test -e "$work/ended/.cluster/task-0.log"
scancel "$(cat "$work/ended/.cluster/job")"
wait $! || status=$?
[ "$status" -eq 3 ] || fail "ended by Slurm: status $status"
grep -q 'ann: its task ended without a result: see .*/task-0.log' "$work/err" || fail "no word of the log"
grep -q CANCELLED "$work/ended/.cluster/task-0.log" || fail "the log does not say why"

# Without Slurm: one clear line.
status=0
PATH=/nonexistent "$objlab" class "$class" --out "$work/none" --engine slurm >"$work/said" 2>"$work/err" || status=$?
[ "$status" -eq 3 ] || fail "without Slurm: status $status"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "without Slurm: not one line"
grep -q sbatch "$work/err" || fail "without Slurm: unclear"
echo "test_slurm: all well"
