#!/usr/bin/env bash
# Does a sweep run unchanged as a Slurm array? Starts a real slurmctld and slurmd of its own on this machine, submits
# sw/sweeps/weft.sbatch, and compares the table with that of the same sweep run here. By hand: it needs root and Debian's
# slurm-wlm. Usage: slurm_trial.sh WEFT [SWEEP]. Exit code: 0 equal tables, 1 not, 77 a tool is missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
weft=$(realpath "${1:?usage: slurm_trial.sh WEFT [SWEEP]}")
((EUID == 0)) || { echo "slurmd needs root" >&2; exit 77; }
for tool in slurmctld slurmd sbatch squeue munged; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || { echo "$tool is not installed (slurm-wlm)" >&2; exit 77; }
done
PATH=$PATH:/usr/sbin

work=$(mktemp -d)
chmod 755 "$work"
started=()
finish() {
  if ((${#started[@]} > 0)); then kill "${started[@]}" 2>/dev/null || true; fi
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# Without a file of its own: a hundred short points.
sweep=${2:-$work/hundred.yaml}
cat >"$work/hundred.yaml" <<'END'
run: {model: fc_mnist_tiny, timing_only: true, max_steps: 3}
axes:
  - grid:
      num_csx: [1, 2, 4, 8]
      machine_set.io.ethernet_gbps: [100, 50, 25, 10, 5]
      set.train_input.batch_size: [32, 64, 96, 128, 160]
END

host=$(hostname -s) cores=$(nproc)
mkdir "$work"/{munge,state,spool}
chmod 700 "$work/munge"
head -c 1024 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed" >/dev/null 2>&1 &
started+=($!)
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=trial
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldPort=36817
SlurmdPort=36818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,max_array_tasks=10000
MaxArraySize=10001
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
slurmctld -D >"$work/slurmctld.log" 2>&1 &
started+=($!)
slurmd -D -N "$host" >"$work/slurmd.log" 2>&1 &
started+=($!)
for _ in {1..120}; do
  if [[ $(sinfo -h -o %T 2>/dev/null) == idle ]]; then break; fi
  sleep 0.5
done
sinfo || { tail -n 20 "$work"/slurm*.log >&2; exit 1; }

points=$("$weft" sweep "$sweep" --count)
cd "$work"
WEFT=$weft sbatch --array=1-"$points" "$root/sw/sweeps/weft.sbatch" "$sweep" -o "$work/array"
most=0
while running=$(squeue -h -t R,CG -r | wc -l) && [[ -n $(squeue -h) ]]; do
  if ((running > most)); then most=$running; fi
  sleep 1
done
status=0
"$weft" sweep "$sweep" -o "$work/array" --collect >"$work/array.txt" || status=1
"$weft" sweep "$sweep" -o "$work/here" >/dev/null 2>&1 || status=1
"$weft" sweep "$sweep" -o "$work/here" --collect >"$work/here.txt" || status=1
echo "$points points, up to $most array tasks at a time on $cores cores"
if ((status == 0)) && cmp "$work/array.txt" "$work/here.txt" && cmp "$work/array/sweep.csv" "$work/here/sweep.csv"; then
  echo "the array and the sweep here give the same table"
else
  tail -n 20 "$work/array.txt" "$work/here.txt" "$work/weft-1_1.out" >&2
  exit 1
fi
