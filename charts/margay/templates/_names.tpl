{{- define "margay.chartName" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* What names of objects begin with. */}}
{{- define "margay.fullname" -}}
{{- $chart := include "margay.chartName" . }}
{{- $own := contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) }}
{{- .Values.fullnameOverride | default $own | trunc 63 | trimAll "-." }}
{{- end }}

{{- /* The part that serves the dashboard and the REST API. */}}
{{- define "margay.door-part" -}}
{{- get (dict "embedded" "margay" "distributed" "api" "hub" "hub") .Values.profile }}
{{- end }}

{{- /* The name of a part or of another object of the release: (dict "root" $ "part" "api"). The one pod of the embedded profile has
that of the release. Names are cut to 63 characters with their ends whole, or to 52 where Kubernetes puts something after them. */}}
{{- define "margay.name" -}}
{{- $full := include "margay.fullname" .root }}
{{- if eq .part "margay" }}{{ $full }}{{ else }}
{{- $most := has .part (list "audit-ingestor" "report") | ternary 52 63 }}
{{- printf "%s-%s" ($full | trunc (int (sub (sub $most (len .part)) 1)) | trimAll "-.") .part }}
{{- end }}
{{- end }}

{{- /* The name of an object of a part that lies outside the release's namespace: (dict "root" $ "part" "api" "role" "events"). No namespace
and no name that objects begin with has a colon, so that no two releases have one name. */}}
{{- define "margay.clusterName" -}}
{{- printf "%s:%s:%s" .root.Release.Namespace (include "margay.fullname" .root) .part }}
{{- with .role }}:{{ . }}{{ end }}
{{- end }}

{{- /* What names of roles begin with that people are bound to. Where a release is called as its namespace, that one name. */}}
{{- define "margay.peoplePrefix" -}}
{{- $full := include "margay.fullname" . }}
{{- eq .Release.Namespace $full | ternary (printf "%s-" $full) (printf "%s:%s:" .Release.Namespace $full) }}
{{- end }}

{{- define "margay.serviceAccount" -}}
{{- $own := (include "margay.partValues" . | fromYaml).serviceAccount.name }}
{{- $own | default .root.Values.serviceAccount.name | default (include "margay.name" (dict "root" .root "part" (eq .part "report-job" | ternary "report-worker" .part))) }}
{{- end }}

{{- /* The values of a part, as YAML. */}}
{{- define "margay.partValues" -}}
{{- $keys := dict "margay" "embedded" "audit-ingestor" "auditIngestor" "flow-ingestor" "flowIngestor" "report-worker" "reportWorker" "report-job" "reportWorker" }}
{{- $key := include "margay.isHook" . | empty | ternary (get $keys .part | default .part) "hooks" }}
{{- get .root.Values $key | toYaml }}
{{- end }}

{{- /* Whether it is no part of the product, but runs for the chart: not empty then. */}}
{{- define "margay.isHook" -}}
{{- if or (has .part (list "check" "test")) (hasPrefix "test-" .part) }}yes{{ end }}
{{- end }}

{{- define "margay.labels" -}}
app.kubernetes.io/name: {{ include "margay.chartName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: margay
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Selects the pods of one part: (dict "root" $ "part" "api"), or of all without a part. */}}
{{- define "margay.selector" -}}
app.kubernetes.io/name: {{ include "margay.chartName" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* The metadata of an object: (dict "root" $ "name" …), with labels and annotations of its own, and namespace, where it is not the
release's; "" for none. */}}
{{- define "margay.metadata" -}}
name: {{ .name }}
{{- with hasKey . "namespace" | ternary .namespace .root.Release.Namespace }}
namespace: {{ . }}
{{- end }}
labels: {{- mergeOverwrite dict .root.Values.commonLabels (.labels | default dict) (include "margay.labels" .root | fromYaml) | toYaml | nindent 2 }}
{{- with mergeOverwrite dict .root.Values.commonAnnotations (.annotations | default dict) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
