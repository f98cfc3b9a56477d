#!/usr/bin/env bash
# Runs a command inside a Slurm of this one machine, started for it and stopped behind
# it, to try arrays without a cluster:
#
#   ./slurm-one-node.sh sbatch --wait --array=0-3 array.sbatch -model MODEL -out DIR ...
#
# Needs Debian's packages slurm-wlm and munge. Everything it writes is in a temporary
# folder; the machine's own configuration of Slurm and munge is left alone. As root,
# munge's daemon runs as the user munge, which it insists on.
set -euo pipefail
export PATH=$PATH:/usr/sbin

for program in munged slurmctld slurmd sinfo; do
  command -v "$program" >/dev/null || { echo "$0: $program is missing (apt-get install slurm-wlm munge)" >&2; exit 1; }
done
[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }

dir=$(mktemp -d)
chmod 755 "$dir"
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$dir"
}
trap stop EXIT

host=$(hostname -s)
user=$(id -un)
mkdir "$dir/munge" "$dir/state" "$dir/spool"
head -c 1024 /dev/urandom >"$dir/munge/key"
chmod 400 "$dir/munge/key"
as=()
if [ "$user" = root ]; then
  chown -R munge: "$dir/munge"
  as=(setpriv --reuid=munge --regid=munge --clear-groups)
fi
# munge's own checks want folders that nobody else can write to, /tmp is not one.
"${as[@]}" munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
  --pid-file="$dir/munge/pid" --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" 2>"$dir/munge/err" &
pids+=($!)

cat >"$dir/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$((20000 + $$ % 20000))
SlurmdPort=$((20001 + $$ % 20000))
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CryptoType=crypto/munge
SlurmUser=$user
SlurmdUser=$user
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc)
PartitionName=all Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF=$dir/slurm.conf

slurmctld -D 2>/dev/null &
pids+=($!)
slurmd -D 2>/dev/null &
pids+=($!)

for _ in $(seq 100); do
  state=$(sinfo --noheader --format=%T 2>/dev/null || true)
  [ "$state" = idle ] && break
  sleep 0.2
done
if [ "$state" != idle ]; then
  echo "$0: the node did not come up (state: ${state:-none}); the ends of the logs:" >&2
  tail -n 5 "$dir"/munge/err "$dir"/*.log >&2 || true
  exit 1
fi
"$@"
