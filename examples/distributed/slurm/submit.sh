#!/bin/sh
# Spreads an export over a cluster: submit.sh N EXPORT_OPTION...
#
#     POND=/shared/pond ./submit.sh 16 --pattern '/reduced/*/*.series' --pattern '/pages/*' \
#         --dir /shared/site --temporal year,month -v title="Noyo Harbor"
#
# Submits an array of N shards and a merge that waits for all of them, and prints the merge's job id. The pond and DIR
# have to be at the same path on every node. Options for Slurm itself (partition, time, memory) go into SBATCH_OPTIONS.
#
# Slurm starts the tasks of an array in the order of their numbers. So task 0 makes the largest shard of the plan, task 1 the
# next one: where there are fewer processors than shards, no large one begins when the others are done.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${POND:?says which pond to export}"
export POND
n=$1
shift

plan=$(pond export "$@" --plan "$n") # an export that cannot be planned is not submitted
POND_SHARD_ORDER=$(echo "$plan" | sort -k4,4nr -k1,1n | sed 's|/.*||' | tr '\n' ' ')
export POND_SHARD_ORDER

# shellcheck disable=SC2086 # a list of options
array=$(sbatch --parsable ${SBATCH_OPTIONS:-} --array="0-$((n - 1))" "$here/shard.sbatch" "$n" "$@")
# afterok: all of the array ended well. If a shard cannot be run at all, the merge is not run either.
# shellcheck disable=SC2086
sbatch --parsable ${SBATCH_OPTIONS:-} --dependency="afterok:$array" --kill-on-invalid-dep=yes \
    "$here/merge.sbatch" "$@"
