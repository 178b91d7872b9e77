#!/bin/sh
# Real processes under harm for as long as you like; `chaos.sh --help` tells the options. `./dev chaos` calls it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PAWL_BIN=${PAWL_BIN:-$here/../../build/release/bin}
export PAWL_BIN
exec "${PYTHON:-python3}" "$here/chaos.py" "$@"
