# shellcheck shell=bash
# What the scripts of ./dev share: messages, building, and running one step with its log and its count.

LOGS="$PWD/build/logs"
# shellcheck disable=SC2034  # used by install.sh
TOOLS="${PAWL_TOOLS:-$HOME/.cache/pawl-tools}"
JOBS="${PAWL_JOBS:-$(nproc)}"
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# Totals of run_step.
PASSED=0
FAILED=0

say() { printf '%s\n' "$*"; }

cpp_files() { git ls-files -z --cached --others --exclude-standard '*.cc' '*.h'; }

# build_preset PRESET [TARGET...]: configure when needed, then compile (all of it by default); the log shows only on
# failure or as progress. cmake/PawlTargets.cmake names the targets binaries, unit_tests and fuzzers.
build_preset() {
  run_logged "build-$1" compile_preset "$@" || {
    say "the build failed; the whole log is build/logs/build-$1.log"
    exit 1
  }
}

compile_preset() {
  local preset="$1"
  shift
  # Configuring again is cheap and picks up changed presets.
  cmake --preset "$preset" && ${AHEAD_OF_ITS_STEP:+behind_all} ninja -C "build/$preset" -j "$JOBS" "$@"
}

# behind_all COMMAND...: runs it where nobody else wants the processor. Its session is its own, because a kernel that
# shares the processor out by sessions heeds `nice` only within one, and the tests' processes have sessions of their own.
behind_all() {
  setsid bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' behind_all "$@"
}

# Jobs begun ahead of their step: NAME -> process id.
declare -A AHEAD=()

# begin_ahead NAME COMMAND...: runs the command in the background with its output in build/logs/NAME.log; the next
# run_logged NAME waits for it instead of running its command. What compiles does so behind the tests that run meanwhile.
begin_ahead() {
  local name="$1"
  shift
  mkdir -p "$LOGS"
  trap kill_ahead EXIT
  (AHEAD_OF_ITS_STEP=1 && "$@") >"$LOGS/$name.log" 2>&1 </dev/null &
  AHEAD[$name]=$!
}

# run_logged NAME COMMAND...: runs the command with its output in build/logs/NAME.log and prints a line now and then;
# the last lines of the log when it fails. Leaves the seconds that it waited in SECONDS_TAKEN.
run_logged() {
  local name="$1" log="$LOGS/$1.log" start=$SECONDS shown=$SECONDS status=0 pid
  shift
  mkdir -p "$LOGS"
  if [[ -n "${AHEAD[$name]:-}" ]]; then
    pid="${AHEAD[$name]}"
    unset "AHEAD[$name]"
  else
    ("$@") >"$log" 2>&1 </dev/null &
    pid=$!
  fi
  # A stop of ./dev stops the step with all of its children, and what runs ahead.
  trap 'kill_tree '"$pid"'; kill_ahead; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - shown >= 15)); then
      shown=$SECONDS
      printf '   %-14s %4d s  %s\n' "$name" $((SECONDS - start)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  SECONDS_TAKEN=$((SECONDS - start))
  if ((status != 0)); then
    say "---- $name failed (exit code $status); the end of build/logs/$name.log:"
    tail -n 60 "$log"
    say "----"
  fi
  return "$status"
}

kill_ahead() {
  local pid
  for pid in "${AHEAD[@]}"; do kill_tree "$pid"; done
}

kill_tree() {
  local child
  for child in $(pgrep -P "$1"); do kill_tree "$child"; done
  kill "$1" 2>/dev/null || true
}

# run_step NAME COMMAND...: like run_logged, and adds the last line "N passed, N failed" of the log to the totals. A
# command without such a line counts as one, passed or failed by its exit code.
run_step() {
  local name="$1" status=0 passed=0 failed=0 counts
  run_logged "$@" || status=$?
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$LOGS/$name.log" | tail -n 1 || true)
  if [[ "$counts" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    passed="${BASH_REMATCH[1]}" failed="${BASH_REMATCH[2]}"
  elif ((status == 0)); then
    passed=1
  fi
  # A runner that fails has failed at something, whatever it counted.
  if ((status != 0 && failed == 0)); then failed=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
  printf '%-6s %-16s %6d passed %4d failed %5d s\n' "$([[ $failed == 0 ]] && echo ok || echo FAILED)" "$name" \
    "$passed" "$failed" "$SECONDS_TAKEN"
  grep -hE '^(SKIPPED|skipped): ' "$LOGS/$name.log" | sed 's/^/       /' | sort -u | head -n 20 || true
  [[ $failed == 0 ]]
}
