#!/usr/bin/env bash
# Builds etcd, kube-apiserver and helm, where they are missing, from the Go modules that they are:
# outside the checkout, where the tests of test/kube and test/charts look for them. It takes 20 minutes
# on two cores, once, and 4 GB for Go's own caches. The tests skip without them. May be run again at
# any time.
set -euo pipefail

kubernetes=1.36.3
etcd=3.6.16
helm=4.3.1
bin=${XDG_CACHE_HOME:-$HOME/.cache}/kavka/kube

main() {
  mkdir -p "$bin"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [[ ! -x $bin/etcd ]]; then build_etcd; fi
  if [[ ! -x $bin/kube-apiserver ]]; then build_kube_apiserver; fi
  if [[ ! -x $bin/helm ]]; then build_helm; fi
}

build_etcd() {
  local package=go.etcd.io/etcd/server/v3
  module etcd $package
  echo "require $package v$etcd" >>go.mod
  build etcd $package -s -w
}

build_kube_apiserver() {
  local package=k8s.io/kubernetes/cmd/kube-apiserver about=k8s.io/component-base/version
  module kube-apiserver $package
  echo "require k8s.io/kubernetes v$kubernetes" >>go.mod
  go mod download "k8s.io/kubernetes@v$kubernetes"
  # Its parts are folders in its own repository, and modules of their own everywhere else.
  grep -oP '^\tk8s\.io/\S+(?= => \./staging)' "$(go env GOMODCACHE)/k8s.io/kubernetes@v$kubernetes/go.mod" |
    while read -r part; do echo "replace $part => $part v0.${kubernetes#1.}"; done >>go.mod
  build kube-apiserver $package -s -w -X "$about.gitVersion=v$kubernetes" -X "$about.gitMajor=1" \
    -X "$about.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"
}

build_helm() {
  local package=helm.sh/helm/v4/cmd/helm
  module helm $package
  echo "require helm.sh/helm/v4 v$helm" >>go.mod
  build helm $package -s -w
}

# module NAME PACKAGE: a module that does nothing but need the package, and is the working directory.
module() {
  mkdir "$work/$1"
  cd "$work/$1"
  printf 'module kavka.test/%s\n\ngo 1.26.0\n\ngodebug default=go1.26\n\n' "$1" >go.mod
  # Not for a build: nobody can import what is a program.
  printf '//go:build needed\n\npackage needed\n\nimport _ "%s"\n' "$2" >needed.go
}

# build NAME PACKAGE LDFLAG...
build() {
  local name=$1 package=$2
  shift 2
  go mod tidy
  go build -trimpath -ldflags "$*" -o "$bin/$name.partial" "$package"
  mv "$bin/$name.partial" "$bin/$name"
}

main
