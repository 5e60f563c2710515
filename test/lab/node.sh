#!/usr/bin/env bash
# A node from within: the first process of its namespaces. See parts/nodes.sh for who it is and where.
# What a machine has in /run, /var/lib and /var/log is its own here; the rest is that of the machine.
set -euo pipefail

main() {
  mount_own_folders
  set_up_containerd
  set_up_kubelet
  run containerd containerd --config "$DISK/containerd.toml"
  until ctr version >/dev/null 2>&1; do sleep 0.05; done
  # Not by the kubelet, which would look for a registry.
  ctr --namespace k8s.io images import "$STATE/image.tar"
  run kubelet "$BIN/kubelet" --config="$DISK/kubelet.yaml" --kubeconfig="$STATE/$NODE.kubeconfig" \
    --hostname-override="$NODE" --node-ip="$ADDRESS"
  run proxy "$BIN/kube-proxy" --kubeconfig="$STATE/proxy.kubeconfig" --hostname-override="$NODE" \
    --cluster-cidr=10.244.0.0/16 --proxy-mode=iptables --conntrack-max-per-core=0 \
    --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
  wait
}

mount_own_folders() {
  local folder resolv
  mount --make-rshared / # as the kubelet needs it
  umount --lazy /run/netns/* 2>/dev/null || true # else they would stay as long as this node does
  mount -t tmpfs tmpfs /run
  for folder in lib log; do
    mkdir -p "$DISK/$folder"
    mount --bind "$DISK/$folder" "/var/$folder"
  done
  # Names of the cluster, for programs of the machine that are run in here.
  printf 'nameserver %s\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n' \
    "$HOST" >"$DISK/resolv.conf"
  resolv=$(realpath -m /etc/resolv.conf) # it may be a link into /run
  mkdir -p "$(dirname "$resolv")"
  touch "$resolv"
  mount --bind "$DISK/resolv.conf" "$resolv"
}

set_up_containerd() {
  mkdir -p "$DISK/cni"
  cat >"$DISK/containerd.toml" <<TOML
version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "$DISK/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$IMAGE"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DISK/cni"
TOML
  # Each pod has a cable of its own to the node, which routes.
  cat >"$DISK/cni/lab.conflist" <<JSON
{
  "cniVersion": "0.4.0",
  "name": "lab",
  "plugins": [
    {
      "type": "ptp",
      "ipam": {"type": "host-local", "ranges": [[{"subnet": "$PODS"}]], "routes": [{"dst": "0.0.0.0/0"}]}
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
JSON
}

set_up_kubelet() {
  printf 'nameserver %s\n' "$HOST" >"$DISK/pods-resolv.conf"
  cat >"$DISK/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/$NODE.crt
tlsPrivateKeyFile: $STATE/pki/$NODE.key
address: $ADDRESS
cgroupDriver: cgroupfs
cgroupRoot: /kavka-lab/$NODE
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDNS: ["$HOST"]
clusterDomain: cluster.local
resolvConf: $DISK/pods-resolv.conf
# The disk is that of the machine, and images come from no registry: nothing is to be removed for room.
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 3s
nodeLeaseDurationSeconds: 8
volumePluginDir: /var/lib/kubelet/volume-plugins
crashLoopBackOff: {maxContainerRestartPeriod: $MAX_BACKOFF}
YAML
}

# run NAME COMMAND...
run() {
  local log=$STATE/log/$NODE/$1.log
  shift
  "$@" >>"$log" 2>&1 &
}

main
