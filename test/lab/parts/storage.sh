# Volumes: folders on the disk of the node that a pod first came to, made by local-path-provisioner.

storage_start() {
  local own=$state/storage
  mkdir -p "$own"
  cat >"$own/config.json" <<'JSON'
{"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/var/lib/volumes"]}]}
JSON
  # shellcheck disable=SC2016 # for the pod
  echo 'mkdir -m 0777 -p "$VOL_DIR"' >"$own/setup"
  # shellcheck disable=SC2016
  echo 'rm -rf "$VOL_DIR"' >"$own/teardown"
  cat >"$own/helperPod.yaml" <<YAML
apiVersion: v1
kind: Pod
metadata: {name: helper}
spec:
  priorityClassName: system-node-critical
  tolerations: [{operator: Exists}]
  containers: [{name: helper, image: "$image", imagePullPolicy: Never}]
YAML
  kube create namespace volumes >/dev/null
  kube -n volumes create serviceaccount volumes >/dev/null
  kube -n volumes create configmap local-path-config --from-file="$own" >/dev/null
  kube apply -f - >/dev/null <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local-path
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: rancher.io/local-path
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
YAML
  start volumes env POD_NAMESPACE=volumes "$bin/local-path-provisioner" start \
    --kubeconfig="$state/admin.kubeconfig" --config="$own/config.json" --namespace=volumes \
    --service-account-name=volumes --helper-image="$image" --helper-pod-file="$own/helperPod.yaml"
}
