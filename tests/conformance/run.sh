#!/bin/sh
# Replays the recorded tier 1 cases of ../shared/conformance against `pawl dev` on free ports. Cases named in
# known_failures.txt are left out; any other must pass at history level. Ends with "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${PYTHON:-python3}" "$here/run_recorded.py" "$@"
