#!/bin/sh
# Real PostgreSQL, real services, real workers, and harm: `./dev test e2e` calls it. Arguments choose tests by name.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PAWL_BIN=${PAWL_BIN:-$here/../../build/release/bin}
export PAWL_BIN PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/run_tests.py" "$@"
