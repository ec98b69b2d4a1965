#!/usr/bin/env bash
# Measures how long Holdfast and etcd need to start: empty, and after kill -9 with a full store. Both
# are filled with the same keys, one put each; before every kill some of them are overwritten, so
# that there is a log to go through. A time is from the start of the process to the first answer to
# a linearizable read of a key (its value must be there), asked again every few milliseconds. Prints
# a Markdown table with medians.
#
#   integration-tests/compare-restart-with-etcd.sh [--keys N] [--val-size BYTES] [--rounds N]
#                                                  [--overwrites N] [--clients N]
#
# Needs an etcd on PATH (or in ETCD). Everything runs on loopback; data lies in a temporary folder
# on the disk of $TMPDIR (never a tmpfs), and is removed at the end. One store runs at a time. The
# files are in the page cache when a store starts again: the time is that of the programs, not of
# the disk.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
etcd=${ETCD:-$(command -v etcd || true)}
keys=1000000 value_bytes=256 rounds=3 overwrites=20000 clients=512
while [ $# -gt 0 ]; do
  case $1 in
    --keys) keys=$2 ;;
    --val-size) value_bytes=$2 ;;
    --rounds) rounds=$2 ;;
    --overwrites) overwrites=$2 ;;
    --clients) clients=$2 ;;
    *) echo "usage: $0 [--keys N] [--val-size BYTES] [--rounds N] [--overwrites N] [--clients N]" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$etcd" ] || { echo "no etcd found: install it (Debian: etcd-server) or set ETCD" >&2; exit 1; }

client_port=27901 peer_port=27902
client="http://127.0.0.1:$client_port" peer="http://127.0.0.1:$peer_port"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/holdfast-restart.XXXXXX")
running=
cleanup() {
  [ -z "$running" ] || kill -9 "$running" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# Keys as the load generator makes them: "bench/" and ten digits.
last_key=$(printf 'bench/%010d' $((keys - 1)))
read_last="{\"key\":\"$(printf %s "$last_key" | base64)\"}"

# ask_until_answered PATTERN LOG: asks for the last key until the answer has PATTERN
ask_until_answered() {
  local asked=0
  until curl -s -m 2 -d "$read_last" "$client/v3/kv/range" 2>/dev/null | grep -q "$1"; do
    asked=$((asked + 1))
    if ! kill -0 "$running" 2>/dev/null || [ "$asked" -gt 20000 ]; then
      echo "no answer; the log of the process:" >&2
      tail -20 "$2" >&2
      exit 1
    fi
    sleep 0.004
  done
}

# start_store STORE DATA PATTERN: starts it, sets `running` and `millis` (until the answer)
start_store() {
  local store=$1 data=$2 began
  local -a program=("$etcd")
  [ "$store" = etcd ] || program=("$root/holdfast" server)
  began=$(date +%s%N)
  HOLDFAST_BUILD=never "${program[@]}" --name m0 --data-dir "$data" \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "m0=$peer" >>"$work/$store.log" 2>&1 &
  running=$!
  ask_until_answered "$3" "$work/$store.log"
  millis=$((($(date +%s%N) - began) / 1000000))
}

kill_store() {
  kill -9 "$running"
  wait "$running" 2>/dev/null || true
  running=
}

resident_mebibytes() {
  awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$running/status"
}

median() {
  tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# write_keys OPTIONS...: the load generator, each connection in use; must succeed
write_keys() {
  "$root/holdfast" bench put --endpoints "127.0.0.1:$client_port" --clients "$clients" --conns 16 \
    --key-space "$keys" --val-size "$value_bytes" --json "$@" >"$work/written.json"
}

# measure STORE: prints its row
measure() {
  local store=$1 round empty="" full="" after="" began fill_seconds filled data_mebibytes
  for ((round = 0; round < rounds; round++)); do
    echo "$store: empty start $((round + 1))" >&2
    start_store "$store" "$work/empty-$store-$round" '"header"'
    empty+=" $millis"
    kill_store
    rm -rf "$work/empty-$store-$round"
  done
  echo "$store: writing $keys keys" >&2
  start_store "$store" "$work/$store" '"header"'
  began=$(date +%s%N)
  write_keys --fill --total 1
  fill_seconds=$((($(date +%s%N) - began) / 1000000000))
  filled=$(resident_mebibytes)
  for ((round = 0; round < rounds; round++)); do
    echo "$store: start after kill -9, $((round + 1))" >&2
    [ "$overwrites" -eq 0 ] || write_keys --total "$overwrites"
    kill_store
    start_store "$store" "$work/$store" '"value"'
    full+=" $millis"
    after+=" $(resident_mebibytes)"
  done
  data_mebibytes=$(du -sm "$work/$store" | cut -f1)
  kill_store
  rm -rf "${work:?}/$store"
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$store" \
    "$(median "$empty")" "$(median "$full")" "$(tr ' ' ',' <<<"${full# }" | sed 's/,/, /g')" \
    "$filled" "$(median "$after")" "$data_mebibytes" "$fill_seconds"
}

# Builds and prepares what the first start would, before anything is timed.
"$root/holdfast" server --help >/dev/null
echo "Machine: $(nproc) cores, $(uname -sr), $("$etcd" --version | head -1), $("$root/holdfast" --version | head -1); $(date -u +%F)"
echo "$keys keys with values of $value_bytes bytes; $overwrites puts before each kill -9; medians of $rounds; milliseconds from the start of the process to the first linearizable read."
echo
echo "| store | empty start ms | start after kill -9 ms | all of these | RSS MiB after the fill | RSS MiB after the start | data MiB | fill s |"
echo "|---|---|---|---|---|---|---|---|"
measure holdfast
measure etcd
