#!/usr/bin/env bash
# Builds the programs that a Kubernetes cluster is made of, from Go modules:
#
#   test/lab/build.sh [PROGRAM...]     those, or all of them
#
# Which versions is written in go/*/go.mod and nowhere else. What is there in that version is left alone.
# All of it takes 20 minutes on two cores, once. May be run again, and ended, at any time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${XDG_CACHE_HOME:-$HOME/.cache}/kavka/kube
all=(etcd kube-apiserver helm kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns
  local-path-provisioner)
# For each program: itself, and its share of Go's caches of sources and of what was compiled.
needed_mb=1000

main() {
  mkdir -p "$bin"
  local name missing=()
  for name in "${@:-${all[@]}}"; do
    [[ " ${all[*]} " == *" $name "* ]] || fail "no program is called $name; there are: ${all[*]}"
    if ! is_built "$name"; then missing+=("$name"); fi
  done
  if ((${#missing[@]} == 0)); then return; fi

  check_disk ${#missing[@]}
  for name in "${missing[@]}"; do build "$name"; done
}

# A Go program knows what it was made of.
is_built() {
  [[ -x $bin/$1 ]] && [[ $(go version -m "$bin/$1" | cut -f 2-4) == *$'mod\t'"$(version_of "$1")"$'\n'* ]]
}

build() {
  local name=$1 partial=$bin/.$1.$$ start=$SECONDS
  # shellcheck disable=SC2064 # that file
  trap "rm -f '$partial'" EXIT
  cd "$(module_of "$name")"
  go build -mod=readonly -trimpath -ldflags "-s -w $(kubernetes_version "$name")" -o "$partial" \
    "$(package_of "$name")"
  mv "$partial" "$bin/$name"
  echo "built $name in $((SECONDS - start)) s"
}

package_of() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    helm) echo helm.sh/helm/v4/cmd/helm ;;
    coredns) echo github.com/coredns/coredns ;;
    local-path-provisioner) echo github.com/rancher/local-path-provisioner ;;
    kube*) echo "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

module_of() {
  case $1 in
    kube*) echo "$here/go/kubernetes" ;;
    *) echo "$here/go/$1" ;;
  esac
}

# Of its module: "path<tab>version".
version_of() {
  awk '$1 == "require" && NF == 3 { print $2 "\t" $3; exit }' "$(module_of "$1")/go.mod"
}

# Programs of Kubernetes refuse to work with a version that they cannot read, and are told theirs.
kubernetes_version() {
  local version about=k8s.io/component-base/version
  [[ $1 == kube* ]] || return 0
  version=$(version_of "$1" | cut -f 2)
  echo "-X $about.gitVersion=$version -X $about.gitMajor=1 -X $about.gitMinor=$(cut -d. -f2 <<<"$version")"
}

check_disk() {
  local needed=$((needed_mb * $1)) free
  free=$(df -Pm "$bin" | awk 'NR == 2 { print $4 }')
  ((free >= needed)) || fail "$1 programs are to be built: $needed MB of disk are needed below $bin, $free MB are free"
}

fail() {
  echo "$1" >&2
  exit 1
}

main "$@"
