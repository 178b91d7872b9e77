# shellcheck shell=bash
# Starting and stopping `pawl dev` of the release build from a script.

PAWL_DEV_PID=
PAWL_READY=

# start_pawl_dev LOG [ARGUMENT...]: returns when calls are answered, with PAWL_DEV_PID and the line in PAWL_READY; shows
# the log and fails when that takes over a minute.
start_pawl_dev() {
  local log="$1" i
  shift
  build/release/bin/pawl dev "$@" >"$log" 2>&1 &
  PAWL_DEV_PID=$!
  for ((i = 0; i < 600; ++i)); do
    PAWL_READY=$(grep -m 1 '^ready ' "$log" || true)
    [[ -n "$PAWL_READY" ]] && return
    kill -0 "$PAWL_DEV_PID" 2>/dev/null || break
    sleep 0.1
  done
  echo "pawl dev did not become ready; it said:"
  cat "$log"
  return 1
}

# ready_value KEY: the URL (or HOST:PORT) after KEY= in the line "ready http=... grpc=... ops=...".
ready_value() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" <<<"$PAWL_READY"; }

stop_pawl_dev() {
  [[ -n "$PAWL_DEV_PID" ]] || return 0
  kill -TERM "$PAWL_DEV_PID" 2>/dev/null || true
  wait "$PAWL_DEV_PID" 2>/dev/null || true
  PAWL_DEV_PID=
}
