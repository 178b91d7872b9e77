# shellcheck shell=bash
# The steps of `./dev test`, cheapest first. Each is a function step_NAME (dashes as underscores) run by run_step; a
# compile step that fails makes the steps that need its binaries fail at once. The simulation runs in full on the release
# build, shorter under the sanitizers.

STEPS=(format shell architecture tools shared-material build conformance integration e2e metrics alerts chart
  simulation pipeline asan-build asan fuzz tsan-build tsan)
# Not in a plain run: `asan` runs the same tests, and compiling them twice is what the time does not allow. Nor does it
# allow `coverage`, which compiles the language once more, without optimisation, for a figure that moves slowly.
MORE_STEPS=(unit coverage)

list_steps() { printf '%s\n' "${STEPS[@]}" "${MORE_STEPS[@]}"; }

# run_steps [NAME...]: all of them, or these in the order given. Ends with the totals; the exit code says if all passed.
run_steps() {
  local name started=$SECONDS is_whole=0
  local -a chosen=("$@")
  if ((${#chosen[@]} == 0)); then
    is_whole=1
    chosen=("${STEPS[@]}")
  fi
  for name in "${chosen[@]}"; do
    if ! declare -F "step_${name//-/_}" >/dev/null; then
      say "./dev: no step \"$name\"; \"./dev test --list\" names them" >&2
      exit 2
    fi
    run_step "$name" "step_${name//-/_}" || true
    # Compiles ahead what comes later, while tests run that mostly wait.
    if ((is_whole)); then
      case "$name" in
        build) begin_ahead asan-build step_asan_build ;;
        asan-build) begin_ahead tsan-build step_tsan_build ;;
      esac
    fi
  done
  say "$((SECONDS - started)) s in all; logs in build/logs"
  say "$PASSED passed, $FAILED failed"
  ((FAILED == 0))
}

step_format() {
  cpp_files | xargs -0 -r -n 40 -P "$JOBS" clang-format-16 --dry-run -Werror
}

step_shell() {
  git ls-files -z --cached --others --exclude-standard dev '*.sh' .ci/run | xargs -0 shellcheck -x -S warning
}

step_architecture() {
  python3 tests/architecture/architecture_test.py
}

step_tools() { python3 .ci/tools_test.py; }

# The recorded conformance cases lie beside the checkout. Without them their tests skip themselves; CI must not.
step_shared_material() {
  local folder missing=0
  for folder in conformance suites/jsonpath suites/jsonata suites/validation suites/workflows; do
    [[ -d "../shared/$folder" ]] && continue
    missing=1
    say "SKIPPED: the tests that read ../shared/$folder, which is not there"
  done
  ((missing == 0)) && return
  [[ "${CI:-}" != true ]]
}

step_build() { compile_preset release binaries; }

# Every GoogleTest binary of the release build, for a quick look. Those on PostgreSQL start one of their own
# (tests/contract).
step_unit() {
  compile_preset release unit_tests && ctest_counted release
}

# The swarms of seeds and of mutants at full speed, and today's planted defects, which the former have to find.
SWARMS=(simulation_test cluster_simulation_test cluster_limits_simulation_test limits_simulation_test small_worlds_test
        mutated_workflows_test)
step_simulation() {
  local -a planted
  cmake --preset release >/dev/null || return
  mapfile -t planted < <(ninja -C build/release -t targets all | sed -n 's/^\(planted_[a-z0-9_]*\): .*/\1/p' | sort -u)
  compile_preset release "${SWARMS[@]}" "${planted[@]}" || return
  ctest_counted release -R "^($(IFS='|' && printf '%s' "${SWARMS[*]}")|planted_.*)\$"
}

# The demo's pipeline without a service, twice: both must find the same numbers.
step_pipeline() {
  compile_preset release flights_pipeline_test && ctest_counted release -R '^flights_pipeline_test$'
}

step_conformance() { suite conformance; }
step_integration() { suite integration; }
step_e2e() { suite e2e; }

# What deploy/METRICS.md lists against running binaries.
step_metrics() { bash .ci/metrics.sh; }

step_alerts() {
  promtool check rules deploy/alerts.yml &&
    promtool test rules deploy/alerts_test.yml &&
    deploy/check_metrics.py --uses deploy/alerts.yml deploy/dashboards/*.json
}

# shellcheck disable=SC2153  # HELMS: install.sh
step_chart() { python3 helm/check.py --helm "${HELMS[@]}"; }

# Every GoogleTest binary, with clang and both sanitizers; and the fuzzers.
step_asan_build() { compile_preset asan unit_tests fuzzers; }
step_asan() {
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-16/bin/llvm-symbolizer
  # The demo's pipeline is the step `pipeline`; its activities have tests of their own here.
  SIM_RUNS="${SIM_RUNS:-30}" ctest_counted asan -E '^flights_pipeline_test$'
}

# Lines of scheduler/asl that its tests reach, at least 85%.
step_coverage() { python3 scheduler/asl/coverage.py; }

step_fuzz() { bash .ci/fuzz.sh build/asan/bin "${PAWL_FUZZ_SECONDS:-15}"; }

# What has threads and links neither gRPC nor Abseil's synchronisation, whose Debian packages are not instrumented.
THREAD_TESTS=(event_loop_test partition_test simulation_test)
step_tsan_build() { compile_preset tsan "${THREAD_TESTS[@]}"; }
step_tsan() {
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  export TSAN_SYMBOLIZER_PATH=/usr/lib/llvm-16/bin/llvm-symbolizer
  SIM_RUNS="${SIM_RUNS:-60}" ctest_counted tsan -R "^($(IFS='|' && printf '%s' "${THREAD_TESTS[*]}"))\$"
}

# A suite that is no GoogleTest brings its own runner, which ends with "N passed, N failed".
suite() {
  if [[ ! -x "tests/$1/run.sh" ]]; then
    say "0 passed, 0 failed (tests/$1 has no runner)"
    return
  fi
  PAWL_BIN="$PWD/build/release/bin" "tests/$1/run.sh"
}

# ctest_counted PRESET [ARGUMENT...]: runs the tests of a build (which ones: ctest's arguments) and counts GoogleTest's
# cases, not its binaries.
ctest_counted() {
  local preset="$1" results="$PWD/build/$1/test-results" status=0
  shift
  rm -rf "$results"
  mkdir -p "$results"
  GTEST_OUTPUT="json:$results/" ctest --test-dir "build/$preset" -j "$JOBS" --output-on-failure --no-tests=error \
    --output-junit "$results/ctest.xml" "$@" || status=$?
  python3 .ci/count_results.py "$results" || status=1
  return "$status"
}

# lint_files [FILE...]: zero warnings of the checks in .clang-tidy.
lint_files() {
  local -a files=("$@")
  if ((${#files[@]} == 0)); then
    mapfile -t files < <({
      git diff --name-only --diff-filter=d "$(git merge-base HEAD main)" -- '*.cc'
      git ls-files --others --exclude-standard '*.cc'
    } | sort -u)
  fi
  step_shell
  ((${#files[@]})) || return 0
  cmake --preset asan >/dev/null
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$JOBS" clang-tidy-16 -p build/asan --quiet --warnings-as-errors='*'
}
