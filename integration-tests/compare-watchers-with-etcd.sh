#!/usr/bin/env bash
# Measures many watchers on one member beside etcd: what a watch costs in memory, and how fast events
# reach their watchers while so many others are open. Prints a Markdown table.
#
#   integration-tests/compare-watchers-with-etcd.sh [--watchers N] [--streams N] [--puts N]
#
# Every watcher has a key of its own. The same puts go to a fresh member without watchers and to a
# fresh one with all of them; the difference of their resident memory is what the watchers cost.
#
# Needs an etcd on PATH (or in ETCD). Everything runs on loopback; data lies in a temporary folder
# on the disk of $TMPDIR (never a tmpfs), and is removed at the end.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
etcd=${ETCD:-$(command -v etcd || true)}
watchers=100000 streams=100 puts=200000
while [ $# -gt 0 ]; do
  case $1 in
    --watchers) watchers=$2 ;;
    --streams) streams=$2 ;;
    --puts) puts=$2 ;;
    *) echo "usage: $0 [--watchers N] [--streams N] [--puts N]" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$etcd" ] || { echo "no etcd found: install it (Debian: etcd-server) or set ETCD" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/var/tmp}/holdfast-watchers.XXXXXX")
pid=
stop() {
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  pid=
}
trap 'stop; rm -rf "$work"' EXIT
port=24900
client="http://127.0.0.1:$port" peer="http://127.0.0.1:$((port + 1))"

# start STORE: a fresh member; sets pid
start() {
  local -a program=("$etcd")
  [ "$1" = etcd ] || program=("$root/holdfast" server)
  rm -rf "$work/data"
  "${program[@]}" --name m0 --data-dir "$work/data" \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "m0=$peer" >"$work/log" 2>&1 &
  pid=$!
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if curl -fs "$client/health" 2>/dev/null | grep -q '"true"'; then return; fi
    sleep 0.1
  done
  echo "the member is not healthy after a minute; its log:" >&2
  tail -20 "$work/log" >&2
  exit 1
}

# load LOAD OPTIONS...: puts to as many keys as there may be watchers; the report goes to row.json
load() {
  "$root/holdfast" bench "$@" --json --conns 4 --clients 16 --total "$puts" \
    --key-space "$watchers" --key-size 24 \
    --endpoints "127.0.0.1:$port" --pids "$pid" >"$work/row.json"
}

field() { sed -E "s/.*\"$1\":([0-9.]+).*/\1/" "$work/row.json"; }

echo "Machine: $(nproc) cores, $(uname -sr), $("$etcd" --version | head -1), $("$root/holdfast" --version | head -1); $(date -u +%F)"
echo "$watchers watchers on $streams streams, each on a key of its own; $puts puts by 16 writers."
echo
echo "| store | bytes per watch | events/s | p50 / p99 ms, put to event | CPU us/event |"
echo "|---|---|---|---|---|"
for store in holdfast etcd; do
  echo "measuring: $store" >&2
  start "$store"
  load put
  without=$(field residentBytes)
  stop
  start "$store"
  load watch --own-keys --watchers "$watchers" --streams "$streams"
  awk -v store="$store" -v with="$(field residentBytes)" -v without="$without" \
    -v watchers="$watchers" -v rate="$(field perSecond)" -v p50="$(field p50Millis)" \
    -v p99="$(field p99Millis)" -v cpu="$(field cpuMicrosPerOperation)" 'BEGIN {
      printf "| %s | %d | %d | %.2f / %.2f | %.1f |\n", \
        store, (with - without) / watchers, rate, p50, p99, cpu
    }'
  stop
done
