#!/bin/bash
# A Slurm cluster of one node on this machine, for experiments: cluster.sh start DIR | stop DIR
#
# Needs Debian's slurm-wlm and munge. It keeps everything in DIR, runs as the calling user, and listens on its own ports, so
# it does not disturb another Slurm on this machine. After the start, SLURM_CONF=DIR/slurm.conf makes sbatch and the other
# commands use it.
set -euo pipefail

PATH=$PATH:/usr/sbin
verb=${1:-} dir=${2:-}
if [[ $verb != start && $verb != stop ]] || [[ -z $dir ]]; then
    echo "usage: cluster.sh start DIR | stop DIR" >&2
    exit 64
fi

# Ends the daemons in the reverse order of their start, by the process ids in their pid files.
stop() {
    local name pid
    for name in slurmd slurmctld munged; do
        [[ -s $dir/$name.pid ]] || continue
        pid=$(<"$dir/$name.pid")
        kill "$pid" 2>/dev/null || continue
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    done
}

write_config() {
    local host memory
    host=$(hostname -s)
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024 * 3 / 4) }' /proc/meminfo)
    cat > "$dir/slurm.conf" <<END
ClusterName=pond
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=$(id -un)
SlurmdUser=$(id -un)

AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge

StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log

# Processes are tracked by their process group and not confined: no cgroups, no accounting, no MPI.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2

NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
}

start() {
    local i
    mkdir -p "$dir/state" "$dir/spool"
    write_config
    # Munge signs the messages between Slurm's programs. This key belongs to this cluster only.
    if [[ ! -s $dir/munge.key ]]; then
        (umask 077 && head -c 1024 /dev/urandom > "$dir/munge.key")
    fi
    munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --seed-file="$dir/munge.seed" \
        --pid-file="$dir/munged.pid" --log-file="$dir/munged.log"
    export SLURM_CONF=$dir/slurm.conf
    slurmctld -f "$SLURM_CONF"
    slurmd -f "$SLURM_CONF"
    for ((i = 0; i < 300; i++)); do
        if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then return; fi
        sleep 0.1
    done
    echo "cluster.sh: the node did not come up; see $dir/slurmctld.log and $dir/slurmd.log" >&2
    stop
    exit 1
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
"$verb"
