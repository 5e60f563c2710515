# What Kubernetes runs apart from its nodes, as processes of this machine.

api_start() {
  local client=http://127.0.0.1:12379 peer=http://127.0.0.1:12380
  # What it has goes with the cluster, so it need not outlive the machine.
  start etcd "$bin/etcd" --data-dir="$state/etcd" --unsafe-no-fsync \
    --listen-client-urls=$client --advertise-client-urls=$client \
    --listen-peer-urls=$peer --initial-advertise-peer-urls=$peer --initial-cluster=default=$peer
  apiserver_start
}

# All that anybody asked of it is in log/audit.log, one line of JSON for each request.
apiserver_start() {
  cat >"$state/audit.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
YAML
  start apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:12379 \
    --bind-address="$host" --advertise-address="$host" --secure-port=6443 \
    --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction --client-ca-file="$pki/ca.crt" \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
    --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" \
    --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$pki/accounts.pub" --service-account-signing-key-file="$pki/accounts.key" \
    --audit-policy-file="$state/audit.yaml" --audit-log-path="$state/log/audit.log" --audit-log-maxsize=200 \
    --audit-log-maxbackup=1
  until_ok 60 kube get --raw /readyz || fail "the API server does not start: see $state/log/apiserver.log"
}

control_plane_start() {
  local name own=$state/controller-manager.kubeconfig
  # A node that is silent for 12 s is gone; elsewhere it is 50 s. Both elect a leader, as elsewhere: who is cut off from
  # the API for 10 s ends and begins anew, and does not wait for half a minute after the API is back before it asks again.
  kept controller-manager "$bin/kube-controller-manager" --kubeconfig="$own" \
    --authentication-kubeconfig="$own" --authorization-kubeconfig="$own" --bind-address=127.0.0.1 \
    --service-account-private-key-file="$pki/accounts.key" --root-ca-file="$pki/ca.crt" \
    --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
    --use-service-account-credentials=true --node-monitor-grace-period=12s \
    --flex-volume-plugin-dir="$state/volume-plugins"
  own=$state/scheduler.kubeconfig
  kept scheduler "$bin/kube-scheduler" --kubeconfig="$own" --authentication-kubeconfig="$own" \
    --authorization-kubeconfig="$own" --bind-address=127.0.0.1
  cat >"$state/Corefile" <<CONFIG
.:53 {
  bind $host
  kubernetes cluster.local {
    kubeconfig $state/admin.kubeconfig
    ttl 1
  }
  cache 1
}
CONFIG
  start coredns "$bin/coredns" -conf "$state/Corefile"
}
