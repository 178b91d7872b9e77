#!/usr/bin/env bash
# fuzz.sh BIN_DIR SECONDS: runs every libFuzzer target of a build for SECONDS each, starting from the corpus beside its
# source (fuzz_corpus/). What it finds goes to build/fuzz/TARGET. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." || exit
bin="$1" seconds="$2" passed=0 failed=0
while IFS= read -r source; do
  target=$(basename "$source" .cc)
  if [[ ! -x "$bin/$target" ]]; then
    echo "failed: $target is not built"
    failed=$((failed + 1))
    continue
  fi
  findings="build/fuzz/$target"
  mkdir -p "$findings/corpus"
  corpus=("$findings/corpus")
  seeds="$(dirname "$source")/fuzz_corpus"
  [[ -d "$seeds" ]] && corpus+=("$seeds")
  echo "== $target for $seconds s"
  if "$bin/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3072 -print_final_stats=1 \
    -artifact_prefix="$findings/" "${corpus[@]}"; then
    passed=$((passed + 1))
  else
    echo "failed: $target; the input is in $findings"
    failed=$((failed + 1))
  fi
done < <(git ls-files --cached --others --exclude-standard '*/fuzz_*.cc')
echo "$passed passed, $failed failed"
((failed == 0))
