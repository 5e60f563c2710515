{{/* What the objects of this release are called: kavka-operator for a release called kavka. */}}
{{- define "kavka.name" -}}
{{- if contains "kavka" .Release.Name -}}
{{- printf "%s-operator" (.Release.Name | trunc 50 | trimSuffix "-") -}}
{{- else -}}
{{- printf "%s-kavka-operator" (.Release.Name | trunc 44 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What finds the pods of the operator. Brokers let in who has the first two. */}}
{{- define "kavka.selector" -}}
app.kubernetes.io/name: kavka
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kavka.labels" -}}
{{ include "kavka.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "kavka.image" -}}
{{- $repository := required "image.repository: is missing: there is no published image of kavka yet" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* What the operator does with the objects of clusters, in each namespace that it looks after. */}}
{{- define "kavka.rules" -}}
- apiGroups: [kavka.dev]
  resources: [kafkaclusters]
  verbs: [get, list, watch]
- apiGroups: [kavka.dev]
  resources: [kafkaclusters/status, topics/status]
  verbs: [patch]
# For owner references that keep their owner until they are gone, where Kubernetes asks for it.
- apiGroups: [kavka.dev]
  resources: [kafkaclusters/finalizers]
  verbs: [update]
# What clients make, change and delete through Kafka's protocol.
- apiGroups: [kavka.dev]
  resources: [topics]
  verbs: [get, list, watch, create, patch, delete]
# The metadata log.
- apiGroups: [kavka.dev]
  resources: [clustermetadatas]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [get, list, watch, create, patch, delete]
# The secret of each cluster: made once, and read by its name. No others can be looked for.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Whether it is about to go, so that what goes with it is not taken for somebody's wish.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{- end -}}
