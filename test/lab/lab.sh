#!/usr/bin/env bash
# A real Kubernetes on one Linux machine, without Docker: see docs/lab.md.
#
#   npm run lab -- COMMAND
#
#   deps                   installs the Debian packages that it needs
#   up [NODES]             starts a cluster of so many nodes (3), in zones a, b and c in turn
#   down                   ends it and removes all that is left of it, or of one that crashed
#   load IMAGE.tar         gives an image to all nodes that are on
#   kubeconfig             prints where the kubeconfig of an administrator is
#   kubectl ARG...         asks the cluster
#   in-node N COMMAND...   runs a program of this machine where node N is: in its network, with the
#                          names of the cluster
#   node-stop N            turns node N off, as if its plug were pulled; its disk stays
#   node-start N           turns it on again
#   net-cut N | net-heal N unplugs node N from the network, and plugs it in
#   apiserver-stop | apiserver-start
#
# It needs root. What it is made of is built by build.sh when it is first started.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kavka
bin=$cache/kube
state=$cache/lab # of the one cluster that there can be: certificates, logs, disks of nodes
host=10.99.0.1   # this machine in the network of the nodes
bridge=kavka-lab
image=localhost/kavka-lab:1 # of the containers that the lab itself needs

for part in host processes certificates control-plane storage nodes; do
  # shellcheck source=/dev/null
  source "$here/parts/$part.sh"
done

main() {
  case ${1:-} in
    kubeconfig) echo "$state/admin.kubeconfig" && return ;;
    kubectl) shift && exec "$bin/kubectl" --kubeconfig "$state/admin.kubeconfig" "$@" ;;
    deps | up | down | load | in-node | node-* | net-* | apiserver-*) check_root ;;
    *) usage ;;
  esac
  case $*:$# in
    deps:1) install_packages ;;
    up:1 | 'up '[0-9]:2) alone up "${2:-3}" ;;
    down:1) alone down ;;
    'load '*:2) load "$2" ;;
    'in-node '[1-9]' '*) in_node "${@:2}" ;;
    'node-stop '[1-9]:2) node_stop "$2" ;;
    'node-start '[1-9]:2) node_start "$2" ;;
    'net-cut '[1-9]:2) ip link set "$bridge-$2" down ;;
    'net-heal '[1-9]:2) ip link set "$bridge-$2" up ;;
    apiserver-stop:1) stop apiserver ;;
    apiserver-start:1) apiserver_start ;;
    *) usage ;;
  esac
}

usage() {
  sed -n '3,/^set/ { /^set/d; s/^# \{0,1\}//p }' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# Of commands that make and remove a cluster only one can be at work. (They lock this file.)
alone() {
  exec 9<"${BASH_SOURCE[0]}"
  flock --nonblock 9 || fail 'another "lab up" or "lab down" is at work'
  "$@"
}

up() {
  local nodes=$1 i
  check_packages
  if [[ -e $state/is-up ]] && is_running etcd; then
    fail 'a cluster is up already: "npm run lab -- down" ends it'
  fi
  step 'programs' "$here/build.sh"
  step 'leftovers' clean_up
  mkdir -p "$state/log"
  echo "${LAB_OWNER-}" >"$state/owner" # a process that will end it, see .ci/run
  step 'network, cgroups' prepare_host
  step 'certificates' make_certificates
  step 'API server' api_start
  step 'the rest of it' control_plane_start
  step 'image for the lab' make_image
  for ((i = 1; i <= nodes; i++)); do step "node $i" node_start "$i"; done
  if ((nodes > 0)); then
    step 'volumes' storage_start
    step 'nodes ready' nodes_ready "$nodes"
  fi
  touch "$state/is-up"
  echo "kubeconfig: $state/admin.kubeconfig"
}

down() {
  if [[ ! -e $state ]]; then say 'there is no cluster'; fi
  clean_up
}

# Does not ask what there is: one that crashed may have left anything.
clean_up() {
  stop .
  remove_network
  remove_cgroup kavka-lab
  rm -rf "$state"
}

make_image() {
  "$here/../../node_modules/.bin/node" "$here/image.ts" "$image" "$state/image.tar"
}

kube() {
  "$bin/kubectl" --kubeconfig "$state/admin.kubeconfig" "$@"
}

# step NAME COMMAND...: says how long it took.
step() {
  local name=$1 start=${EPOCHREALTIME/[.,]/} took
  shift
  printf '%-20s' "$name"
  "$@"
  took=$((${EPOCHREALTIME/[.,]/} - start))
  printf '%4d.%d s\n' $((took / 1000000)) $((took / 100000 % 10))
}

# until_ok SECONDS COMMAND...: tries again and again.
until_ok() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then return 1; fi
    sleep 0.1
  done
}

say() {
  echo "lab: $1" >&2
}

fail() {
  say "$1"
  exit 1
}

main "$@"
