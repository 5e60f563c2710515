# Nodes, from outside. One is a process (node.sh) with namespaces of its own for network, mounts and
# processes: when it ends, nothing of the node is left but its disk, which is a folder.

node_start() {
  local i=$1 name=node$1 address=10.99.0.$((10 + $1)) pods=10.244.$1.0/24 disk=$state/node$1
  if is_running "$name"; then fail "node $i is on"; fi
  mkdir -p "$disk"
  plug_in "$i" "$address" "$pods"
  make_cgroup "kavka-lab/$name"
  if [[ ! -e $state/$name.kubeconfig ]]; then
    certificate "$name" "/O=system:nodes/CN=system:node:$name" "IP:$address,DNS:$name"
    kubeconfig "$name"
  fi
  # The kubelet's pods are beside it, in $name.
  start "$name/own" nsenter --net="/run/netns/kavka-$name" \
    unshare --mount --propagation slave --pid --fork --kill-child --mount-proc \
    env NODE="$name" ADDRESS="$address" PODS="$pods" DISK="$disk" HOST="$host" STATE="$state" BIN="$bin" \
    IMAGE="$image" MAX_BACKOFF="${LAB_MAX_BACKOFF:-300s}" bash "$here/node.sh"
}

# A cable from the bridge to the node, new with each start, and the way to its pods.
plug_in() {
  local i=$1 address=$2 pods=$3 cable=$bridge-$1 namespace=kavka-node$1
  ip link delete "$cable" 2>/dev/null || true
  ip netns delete "$namespace" 2>/dev/null || true
  ip netns add "$namespace"
  # Always with the same address, as others remember it.
  ip link add "$cable" type veth peer name eth0 address "02:00:00:00:00:0$i" netns "$namespace"
  ip link set "$cable" master "$bridge" up
  ip -n "$namespace" link set lo up
  ip -n "$namespace" addr add "$address/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" route add default via "$host"
  ip route replace "$pods" via "$address"
}

nodes_ready() {
  local i zones=(c a b)
  for ((i = 1; i <= $1; i++)); do
    until_ok 60 kube get node "node$i" || fail "node $i does not appear: see $state/log/node$i"
    kube label --overwrite node "node$i" topology.kubernetes.io/zone="${zones[i % 3]}" \
      topology.kubernetes.io/region=lab >/dev/null
  done
  kube wait --for=condition=Ready nodes --all --timeout=90s >/dev/null
}

# First the cable: else the others would be told that its connections end. Last its cgroups, as with any
# machine: the kubelet takes seconds for each that it finds of a container that is no more.
node_stop() {
  is_running "node$1" || fail "node $1 is off, or there is none"
  ip link delete "$bridge-$1" 2>/dev/null || true
  stop "node$1"
  remove_cgroup "kavka-lab/node$1"
}

# It stays a process of this machine, which it has to find in /proc.
in_node() {
  local pid
  pid=$(first_process "$1")
  shift
  # shellcheck disable=SC2016 # for the other shell
  exec nsenter --target "$pid" --net --mount \
    unshare --mount sh -c 'mount -t proc proc /proc && exec "$@"' in-node "$@"
}

load() {
  local each i pid loading=()
  for each in "$processes"/node*/; do
    i=${each//[!0-9]/}
    is_running "node$i" || continue
    pid=$(first_process "$i")
    nsenter --target "$pid" --net --mount ctr --namespace k8s.io images import - <"$1" >/dev/null &
    loading+=($!)
  done
  for each in "${loading[@]}"; do wait "$each"; done
}

# What this machine calls the process that node N calls 1.
first_process() {
  local pid
  for pid in $(processes_in "$processes/node$1/own"); do
    if [[ $(awk '$1 == "NSpid:" { print $NF " of " NF - 1 }' "/proc/$pid/status") == '1 of 2' ]]; then
      echo "$pid" && return
    fi
  done
  fail "node $1 is off, or there is none"
}
