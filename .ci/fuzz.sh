#!/usr/bin/env bash
# fuzz.sh BIN_DIR SECONDS: runs every libFuzzer target of a build for SECONDS each, one a core at a time, starting from the
# corpora beside its source: fuzz_corpus/, written by people, and fuzz_corpus.tar.gz, the inputs of long runs that cover
# what all of them did (the target with -set_cover_merge=1). What it finds goes to build/fuzz/TARGET, what it says to
# run.log there. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." || exit

# fuzz_one BIN_DIR SECONDS SOURCE: prints "passed: TARGET" or "failed: TARGET" with the end of what it said.
fuzz_one() {
  local bin="$1" seconds="$2" target findings seeds
  target=$(basename "$3" .cc)
  if [[ ! -x "$bin/$target" ]]; then
    echo "failed: $target is not built"
    return
  fi
  findings="build/fuzz/$target"
  mkdir -p "$findings/corpus"
  local -a corpus=("$findings/corpus")
  seeds="$(dirname "$3")/fuzz_corpus"
  [[ -d "$seeds" ]] && corpus+=("$seeds")
  [[ -f "$seeds.tar.gz" ]] && tar -xzf "$seeds.tar.gz" -C "$findings/corpus"
  if "$bin/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3072 -print_final_stats=1 \
    -artifact_prefix="$findings/" "${corpus[@]}" >"$findings/run.log" 2>&1; then
    echo "passed: $target, $(sed -n 's/^stat::number_of_executed_units: *//p' "$findings/run.log") inputs in $seconds s"
  else
    tail -n 50 "$findings/run.log"
    echo "failed: $target; the input is in $findings"
  fi
}
export -f fuzz_one

said=$(git ls-files --cached --others --exclude-standard '*/fuzz_*.cc' |
  xargs -P "${PAWL_JOBS:-$(nproc)}" -I{} bash -c 'fuzz_one "$@"' fuzz_one "$1" "$2" {})
echo "$said"
failed=$(grep -c '^failed: ' <<<"$said")
echo "$(grep -c '^passed: ' <<<"$said") passed, $failed failed"
((failed == 0))
