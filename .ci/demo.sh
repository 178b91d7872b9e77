#!/usr/bin/env bash
# Runs the example pipeline of deploy/examples/flights on `pawl dev` with free ports and a temporary folder, and leaves
# copies of its results in build/demo. The exit code is the pipeline's.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source .ci/pawl_dev.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/pawl-demo.XXXXXX")
# PostgreSQL runs as another user than root and must reach its folder in here.
chmod 755 "$folder"
trap 'stop_pawl_dev; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

start_pawl_dev "$folder/pawl.log" --data-dir "$folder/data" --http-port 0 --grpc-port 0 --ops-port 0
echo "pawl dev is $PAWL_READY"
echo
status=0
python3 deploy/examples/flights/run_demo.py --endpoint "$(ready_value http)" --ops "$(ready_value ops)" \
  --pawl-dev-pid "$PAWL_DEV_PID" --data "$folder/data" --keep build/demo "$@" || status=$?
if ((status != 0)); then
  echo "the demo failed; the last lines of pawl dev:"
  tail -n 30 "$folder/pawl.log"
fi
echo "stopping pawl dev and removing its data; \`build/release/bin/pawl dev\` starts one to keep"
exit "$status"
