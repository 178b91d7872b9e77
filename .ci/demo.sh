#!/usr/bin/env bash
# Runs the example pipeline of deploy/examples/flights on `pawl dev` with free ports and a temporary folder. The exit
# code is the pipeline's.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

folder=$(mktemp -d "${TMPDIR:-/tmp}/pawl-demo.XXXXXX")
# PostgreSQL runs as another user than root and must reach its folder in here.
chmod 755 "$folder"
pawl_pid=

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  if [[ -n "$pawl_pid" ]] && kill -0 "$pawl_pid" 2>/dev/null; then
    kill -TERM "$pawl_pid"
    wait "$pawl_pid" || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The line `ready http=... grpc=... ops=...`, or nothing after 60 s or when pawl dev ended.
await_ready() {
  local line i
  for ((i = 0; i < 600; ++i)); do
    line=$(grep -m 1 '^ready ' "$folder/pawl.log" || true)
    [[ -n "$line" ]] && echo "$line" && return
    kill -0 "$pawl_pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# The value of KEY in a line of key=value words, as a URL.
url_of() {
  local value
  value=$(sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" <<<"$2")
  case "$value" in
    http*) echo "$value" ;;
    *:*) echo "http://$value" ;;
    *) echo "http://127.0.0.1:$value" ;;
  esac
}

build/release/bin/pawl dev --data-dir "$folder/data" --http-port 0 --grpc-port 0 --ops-port 0 >"$folder/pawl.log" 2>&1 &
pawl_pid=$!
if ! ready=$(await_ready); then
  echo "pawl dev did not become ready; it said:"
  cat "$folder/pawl.log"
  exit 1
fi
echo "pawl dev: $ready"
status=0
python3 deploy/examples/flights/run_demo.py --endpoint "$(url_of http "$ready")" --ops "$(url_of ops "$ready")" \
  --pawl-dev-pid "$pawl_pid" --data "$folder/data" "$@" || status=$?
if ((status != 0)); then
  echo "the demo failed; the last lines of pawl dev:"
  tail -n 30 "$folder/pawl.log"
fi
exit "$status"
