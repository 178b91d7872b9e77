#!/usr/bin/env bash
# Compares deploy/METRICS.md with the metrics of a running scheduler and worker that have done a little of everything,
# and has promtool judge their form. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source .ci/pawl_dev.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/pawl-metrics.XXXXXX")
trap 'stop_pawl_dev; rm -rf "$folder"' EXIT
worker_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_pawl_dev "$folder/pawl.log" --http-port 0 --grpc-port 0 --ops-port 0 --worker-ops-port "$worker_port"

# One execution that passes through a worker, which refuses its empty input: every label then has a value.
cat >"$folder/machine.json" <<'JSON'
{"StartAt": "Validate", "States": {"Validate": {
  "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:data-validate", "End": true}}}
JSON
PAWL_ENDPOINT_URL=$(ready_value http)
export PAWL_ENDPOINT_URL
build/release/bin/pawl create metrics "$folder/machine.json"
build/release/bin/pawl start metrics --wait && echo "expected the execution to fail" && exit 1

curl -sf "$(ready_value ops)/metrics" >"$folder/scheduler.txt"
curl -sf "http://127.0.0.1:$worker_port/metrics" >"$folder/worker.txt"
passed=0 failed=0
for binary in scheduler worker; do
  promtool check metrics <"$folder/$binary.txt" && passed=$((passed + 1)) || failed=$((failed + 1))
  counts=$(deploy/check_metrics.py "pawl-$binary" "$folder/$binary.txt" || true)
  echo "$counts"
  read -r more_passed _ more_failed _ <<<"$(tail -n 1 <<<"$counts")"
  passed=$((passed + more_passed)) failed=$((failed + more_failed))
done
echo "$passed passed, $failed failed"
((failed == 0))
