#!/bin/bash
# Exports the air-quality example as a Slurm array and compares the result with an ordinary export:
# run.sh [WORK_DIR], by default ./slurm-demo. The directory must not exist yet.
#
# Needs `pond` in PATH, slurm-wlm and munge. Starts a cluster of one node and stops it at the end.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${1:-slurm-demo}
shards=6
for program in pond sbatch munged slurmctld; do
    if ! PATH=$PATH:/usr/sbin command -v $program > /dev/null; then
        echo "run.sh: '$program' is missing: run make, set PATH=\$PWD/build:\$PATH, and apt-get install slurm-wlm munge" >&2
        exit 69
    fi
done
mkdir "$work"
work=$(cd "$work" && pwd)

echo "== an ordinary export, for comparison"
"$here/../../air-quality/build.sh" "$work/pond" "$work/ordinary" > /dev/null
export POND=$work/pond
options=(--pattern '/reduced/*/*/*.series' --pattern '/pages/*/*' --pattern '/index/*' --pattern '/site/**'
    --dir "$work/spread" --temporal 'year,month' -v title='Beijing air, 2016')

echo "== a cluster of one node"
trap '"$here/cluster.sh" stop "$work/cluster"' EXIT
"$here/cluster.sh" start "$work/cluster"
export SLURM_CONF=$work/cluster/slurm.conf
cd "$work" # where the logs go
sinfo

# Waits until a job has left the queue, and prints its state, which Slurm keeps for a while.
wait_for() {
    while squeue --noheader --jobs "$1" 2> /dev/null | grep -q .; do sleep 0.2; done
    scontrol show job "$1" | grep -o 'JobState=[A-Z]*'
}

echo "== $shards shards, and a merge that waits for them"
merge=$("$here/submit.sh" $shards "${options[@]}")
squeue
[[ $(wait_for "$merge") == JobState=COMPLETED ]] || { cat pond-*.log >&2; exit 1; }
diff -r --exclude=.pond ordinary spread
echo "the same $(find spread -type f -not -path '*/.pond/*' | wc -l) files"

echo "== one shard fails: nothing is published until it has been run again"
rm -r spread
# As when a node fails: the task is killed and does not return to the queue.
array=$(sbatch --parsable --hold --no-requeue --array=0-$((shards - 1)) "$here/shard.sbatch" $shards "${options[@]}")
merge=$(sbatch --parsable --dependency=afterok:"$array" --kill-on-invalid-dep=yes "$here/merge.sbatch" "${options[@]}")
scancel "${array}_3"
scontrol release "$array"
[[ $(wait_for "$merge") == JobState=CANCELLED ]]
pond export "${options[@]}" --merge && exit 1
again=$(sbatch --parsable --array=3 "$here/shard.sbatch" $shards "${options[@]}")
merge=$(sbatch --parsable --dependency=afterok:"$again" "$here/merge.sbatch" "${options[@]}")
[[ $(wait_for "$merge") == JobState=COMPLETED ]]
diff -r --exclude=.pond ordinary spread
echo "the same files again"
