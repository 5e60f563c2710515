# This machine: what has to be installed, its network, its cgroups.

packages=(containerd runc containernetworking-plugins busybox-static iptables conntrack iproute2 openssl kcat)

check_root() {
  [[ $(uname) == Linux ]] || fail 'it needs a Linux'
  [[ $(id -u) == 0 ]] || fail 'it needs root'
}

check_packages() {
  local program missing=()
  for program in containerd runc busybox iptables conntrack ip openssl nsenter flock; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [[ -x /usr/lib/cni/ptp ]] || missing+=(/usr/lib/cni/ptp)
  ((${#missing[@]} == 0)) || fail "missing: ${missing[*]}; \"npm run lab -- deps\" installs them on Debian"
}

install_packages() {
  command -v apt-get >/dev/null || fail "no apt-get here; it needs what Debian calls ${packages[*]}"
  if dpkg -s "${packages[@]}" >/dev/null 2>&1; then return; fi
  apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
}

# Nodes are plugged into a bridge; packets between their pods are routed by this machine.
prepare_host() {
  # By itself it would take that of one of its cables, and another one when that cable is pulled: for seconds
  # no node would reach any other.
  ip link add "$bridge" address 02:00:00:00:00:ff type bridge
  ip addr add "$host/24" dev "$bridge"
  ip link set "$bridge" up
  sysctl -qw net.ipv4.ip_forward=1
  iptables -I FORWARD -i "$bridge" -o "$bridge" -j ACCEPT # where Docker is, others are dropped
  make_cgroups
}

remove_network() {
  local link namespace
  for link in $(ip -o link show | grep -oE " $bridge(-[0-9])?[:@]" | tr -d ' :@'); do
    ip link delete "$link" 2>/dev/null || true
  done
  for namespace in $(ip netns list | grep -oE '^kavka-node[0-9]'); do ip netns delete "$namespace"; done
  if [[ -e /run/netns && -z $(ls /run/netns) ]]; then umount /run/netns && rmdir /run/netns; fi
  while iptables -D FORWARD -i "$bridge" -o "$bridge" -j ACCEPT 2>/dev/null; do :; done
}

# Every process of the lab is in a cgroup below this one, so that none of them is ever lost, nor
# anybody else's taken for one.
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  cgroups=(/sys/fs/cgroup)
  processes=/sys/fs/cgroup/kavka-lab
else # version 1: a tree for each controller
  cgroups=(/sys/fs/cgroup/*/)
  processes=/sys/fs/cgroup/pids/kavka-lab
fi

make_cgroups() {
  if is_version_2 /sys/fs/cgroup; then share_controllers /sys/fs/cgroup; fi
  make_cgroup kavka-lab
  weigh kavka-lab
}

# It stands for several machines, and gets as much of this one as four of its processes would.
weigh() {
  local tree
  for tree in "${cgroups[@]}"; do
    if [[ -e $tree/$1/cpu.weight ]]; then echo 400 >"$tree/$1/cpu.weight"; fi
    if [[ -e $tree/$1/cpu.shares ]]; then echo 4096 >"$tree/$1/cpu.shares"; fi
  done
}

# make_cgroup PATH: in all trees. The kubelet makes those below.
make_cgroup() {
  local tree
  for tree in "${cgroups[@]}"; do
    mkdir -p "$tree/$1"
    if is_version_2 "$tree"; then
      share_controllers "$tree/$1"
    elif [[ -e $tree/cpuset.mems ]]; then
      inherit_cpus "$tree/$(dirname "$1")" "$tree/$1"
    fi
  done
}

is_version_2() {
  [[ -e $1/cgroup.controllers ]]
}

# Version 1: a new one has no CPU and no memory.
inherit_cpus() {
  cat "$1/cpuset.cpus" >"$2/cpuset.cpus"
  cat "$1/cpuset.mems" >"$2/cpuset.mems"
}

# Version 2: a new one has the controllers that it is given, which none are while there are processes
# beside it. In a container there may be some.
share_controllers() {
  local all pid
  all=$(sed 's/\</+/g' "$1/cgroup.controllers")
  if echo "$all" 2>/dev/null >"$1/cgroup.subtree_control"; then return; fi
  mkdir -p "$1/init"
  while read -r pid; do echo "$pid" 2>/dev/null >"$1/init/cgroup.procs" || true; done <"$1/cgroup.procs"
  echo "$all" >"$1/cgroup.subtree_control"
}

# remove_cgroup PATH: from all trees, with those below.
remove_cgroup() {
  local tree
  for tree in "${cgroups[@]}"; do
    if [[ -e $tree/$1 ]]; then until_ok 10 remove_folders "$tree/$1"; fi
  done
}

# It fails for as long as there is something left of a process.
remove_folders() {
  find "$1" -depth -type d -exec rmdir {} +
}
