#!/bin/bash
# slurm_cluster.sh -- a Slurm cluster of one node in a scratch folder, for the length of a command.
#
# usage: slurm_cluster.sh COMMAND [ARGUMENTS]
#
# Its own munge key, ports, logs and state; what the machine has configured is not touched. The
# command finds it through SLURM_CONF. Needs slurmctld, slurmd, slurm-client and munge.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
chmod 755 "$work"
node=$(hostname -s)
mortal=(setpriv --pdeathsig TERM --) # what it starts ends with this shell, however that ends

# A port that nobody listens on, of those that the kernel gives to no client.
free_port()
{
    local port=$((20000 + RANDOM % 10000))
    while ss -ltnH "sport = :$port" | grep -q .; do
        port=$((20000 + RANDOM % 10000))
    done
    echo "$port"
}

stop()
{
    local -a daemons
    mapfile -t daemons < <(jobs -p)
    [ ${#daemons[@]} -eq 0 ] || kill "${daemons[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap stop EXIT

start_munge()
{
    (umask 077 && head -c 1024 /dev/urandom >"$work/key")
    "${mortal[@]}" munged --foreground --force --key-file="$work/key" --socket="$work/munge.sock" \
        --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munged.seed" >"$work/munged.out" 2>&1 &
}

start_slurm()
{
    mkdir "$work/state" "$work/spool"
    cat >"$work/slurm.conf" <<END
ClusterName=objlab
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock
CredType=cred/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=2
MinJobAge=10
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$work/slurm.conf
    "${mortal[@]}" slurmctld -D >"$work/slurmctld.out" 2>&1 &
    "${mortal[@]}" slurmd -D >"$work/slurmd.out" 2>&1 &
    for _ in $(seq 100); do
        [ "$(sinfo -h -o %t 2>/dev/null)" != idle ] || return 0
        sleep 0.1
    done
    echo "slurm_cluster: the node does not come up:" >&2
    tail -n 20 "$work/slurmctld.log" "$work/slurmd.log" >&2
    return 1
}

start_munge
for _ in $(seq 100); do
    [ ! -S "$work/munge.sock" ] || break
    sleep 0.1
done
start_slurm
"$@"
