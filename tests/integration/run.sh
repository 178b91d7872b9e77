#!/bin/sh
# Starts `pawl dev` in a temporary directory on free ports, runs the integration tests, stops it again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${PAWL_BIN:-$here/../../build/release/bin}
work=$(mktemp -d)
pid=
cleanup() {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$bin/pawl" dev --http-port 0 --grpc-port 0 --ops-port 0 >"$work/out" 2>"$work/err" &
pid=$!
tries=0
until grep -q '^ready ' "$work/out"; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 "$pid" 2>/dev/null; then
    echo "pawl dev did not become ready:" >&2
    cat "$work/out" "$work/err" >&2
    echo "0 passed, 1 failed"
    exit 1
  fi
  sleep 0.1
done
PAWL_ENDPOINT_URL=$(sed -n 's/^ready http=\([^ ]*\).*/\1/p' "$work/out")
PAWL=$bin/pawl
export PAWL_ENDPOINT_URL PAWL
"${PYTHON:-python3}" "$here/run_tests.py" "$@"
