#!/usr/bin/env bash
# Measures Holdfast beside etcd on this machine: the same load on both, in alternating windows of one
# warm client, with processor time per operation of every server process. Prints a Markdown table.
#
#   integration-tests/compare-with-etcd.sh [--windows N] [--seconds S] [--warm-up S] [--only REGEX]
#
# Needs an etcd on PATH (or in ETCD). Everything runs on loopback; data lies in a temporary folder
# on the disk of $TMPDIR (never a tmpfs), and is removed at the end. The quota is above what a long
# run writes: nothing is compacted meanwhile.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
etcd=${ETCD:-$(command -v etcd || true)}
windows=3 seconds=5 warm_up=10 only=.
quota_bytes=$((32 << 30))
while [ $# -gt 0 ]; do
  case $1 in
    --windows) windows=$2 ;;
    --seconds) seconds=$2 ;;
    --warm-up) warm_up=$2 ;;
    --only) only=$2 ;;
    *) echo "usage: $0 [--windows N] [--seconds S] [--warm-up S] [--only REGEX]" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$etcd" ] || { echo "no etcd found: install it (Debian: etcd-server) or set ETCD" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/var/tmp}/holdfast-compare.XXXXXX")
declare -a running=()
cleanup() {
  for pid in "${running[@]:-}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# start_cluster STORE SIZE FIRST_PORT: sets endpoints_STORE and pids_STORE
start_cluster() {
  local store=$1 size=$2 port=$3 i peers="" endpoints="" pids=""
  for ((i = 0; i < size; i++)); do
    peers+="${peers:+,}m$i=http://127.0.0.1:$((port + 100 + i))"
    endpoints+="${endpoints:+,}127.0.0.1:$((port + i))"
  done
  for ((i = 0; i < size; i++)); do
    local client="http://127.0.0.1:$((port + i))" peer="http://127.0.0.1:$((port + 100 + i))"
    local -a program=("$etcd")
    [ "$store" = etcd ] || program=("$root/holdfast" server)
    "${program[@]}" --name "m$i" --data-dir "$work/$store-$size-$i" \
      --listen-client-urls "$client" --advertise-client-urls "$client" \
      --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
      --initial-cluster "$peers" --quota-backend-bytes "$quota_bytes" >"$work/$store-$size-$i.log" 2>&1 &
    running+=($!)
    pids+="${pids:+,}$!"
  done
  for ((i = 0; i < size; i++)); do await_health "$((port + i))" "$work/$store-$size-$i.log"; done
  printf -v "endpoints_$store" '%s' "$endpoints"
  printf -v "pids_$store" '%s' "$pids"
}

await_health() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if curl -fs "http://127.0.0.1:$1/health" 2>/dev/null | grep -q '"true"'; then return; fi
    sleep 0.1
  done
  echo "the member on port $1 is not healthy after a minute; its log:" >&2
  tail -20 "$2" >&2
  exit 1
}

# status_field PORT NAME: one number of a member's status
status_field() {
  curl -fs "http://127.0.0.1:$1/v3/maintenance/status" -d '{}' |
    sed -E "s/.*\"$2\":\"?([0-9]+).*/\1/"
}

# lead_by_first SIZE FIRST_PORT: moves the leadership to the first member, so that no row depends on
# who won an election
lead_by_first() {
  local size=$1 port=$2 first i
  first=$(status_field "$port" member_id)
  for ((i = 0; i < size; i++)); do
    if [ "$(status_field $((port + i)) member_id)" = "$(status_field "$port" leader)" ] &&
      [ "$i" != 0 ]; then
      curl -fs "http://127.0.0.1:$((port + i))/v3/maintenance/transfer-leadership" \
        -d "{\"targetID\":\"$first\"}" >/dev/null
      sleep 1
      return
    fi
  done
}

stop_all() {
  for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${running[@]}"; do wait "$pid" 2>/dev/null || true; done
  running=()
}

# compare TITLE LOAD OPTIONS...: one row of the table
compare() {
  local title=$1
  shift
  [[ $title =~ $only ]] || return 0
  echo "measuring: $title" >&2
  # shellcheck disable=SC2154
  "$root/holdfast" bench "$@" --json \
    --endpoints "$endpoints_holdfast" --pids "$pids_holdfast" \
    --against "$endpoints_etcd" --against-pids "$pids_etcd" \
    --windows "$windows" --seconds "$seconds" --warm-up "$warm_up" >"$work/row.json"
  awk -v title="$title" '
    function field(name,   m) {
      match($0, "\"" name "\":[0-9.]+")
      m = substr($0, RSTART, RLENGTH)
      sub(/.*:/, "", m)
      return m + 0
    }
    { rate[NR] = field("perSecond"); p50[NR] = field("p50Millis"); p99[NR] = field("p99Millis")
      p999[NR] = field("p999Millis"); cpu[NR] = field("cpuMicrosPerOperation")
      rss[NR] = field("residentBytes") / 1048576; left[NR] = field("discarded") }
    END {
      printf "| %s | %d | %.2f / %.2f / %.2f | %.1f | %d | %d | %.2f / %.2f / %.2f | %.1f | %d |", \
        title, rate[1], p50[1], p99[1], p999[1], cpu[1], rss[1], \
        rate[2], p50[2], p99[2], p999[2], cpu[2], rss[2]
      printf " **%.2f** | %.2f | %.2f |\n", rate[1] / rate[2], p99[2] / (p99[1] ? p99[1] : 1), \
        cpu[2] / (cpu[1] ? cpu[1] : 1)
    }' "$work/row.json"
}

echo "Machine: $(nproc) cores, $(uname -sr), $("$etcd" --version | head -1), $("$root/holdfast" --version | head -1); $(date -u +%F)"
echo "Windows: $windows of $seconds s each per store, alternating, after $warm_up s of warm-up; 256-byte values, 10,000 keys."
echo
echo "| load | Holdfast/s | p50 / p99 / p99.9 ms | CPU us/op | RSS MB | etcd/s | p50 / p99 / p99.9 ms | CPU us/op | RSS MB | rate ratio | p99 ratio | CPU ratio |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"

start_cluster holdfast 1 24100
start_cluster etcd 1 24300
compare "get, 1 member, 64 clients, fresh" get --clients 64
compare "put, 1 member, 1 client" put --clients 1 --conns 1
compare "put, 1 member, 64 clients" put --clients 64
compare "put, 1 member, 1000 clients" put --clients 1000 --conns 16
compare "get, 1 member, 64 clients, after puts" get --clients 64
compare "range of 1000, 1 member, 1 client" range --clients 1 --conns 1
compare "range of 1000, 1 member, 16 clients" range --clients 16
compare "txn (compare + 2 puts), 1 member, 64 clients" txn --clients 64
compare "watch, 1000 watchers on 10 streams, 16 writers" watch --clients 16 --watchers 1000 --streams 10
compare "watch, 1000 watchers on 1000 streams, 16 writers" watch --clients 16 --watchers 1000 --streams 1000 --conns 16
stop_all

start_cluster holdfast 3 24500
start_cluster etcd 3 24700
lead_by_first 3 24500
lead_by_first 3 24700
# The heaviest load first: it warms three members and the client for the rows that follow.
compare "put, 3 members, 1000 clients" put --clients 1000 --conns 18
compare "put, 3 members, 64 clients" put --clients 64 --conns 9
compare "put, 3 members, 1 client" put --clients 1 --conns 3
compare "get, 3 members, 64 clients" get --clients 64 --conns 9
stop_all
