{{- /* Every pod of the chart is made here, whatever runs it, so that what all pods have no pod can lack. Of (dict "root" $ "part" "api"), with
as text "args", "env", "ports", "mounts" and "volumes", each where there is any; "annotations" beside those in values; "needsToken" where it
asks the API server; "runsOnce" for a pod that ends by itself, and what it is called then, where not by its part; "command" where it is not
Margay's; "account", "" for none, where it is not that of the part. */}}
{{- define "margay.podTemplate" -}}
metadata:
  labels: {{- include "margay.podLabels" . | nindent 4 }}
  {{- with include "margay.podAnnotations" . | fromYaml }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- include "margay.podSpec" . | nindent 2 }}
{{- end }}

{{- /* The same of a pod that helm test runs: (dict "name" "margay-test") beside what the template of a pod has. */}}
{{- define "margay.testPod" -}}
{{- $annotations := mergeOverwrite (include "margay.podAnnotations" . | fromYaml) (include "margay.testHook" . | fromYaml) }}
apiVersion: v1
kind: Pod
metadata:
  {{- include "margay.metadata" (dict "root" .root "name" .name "labels" (include "margay.podLabels" . | fromYaml) "annotations" $annotations) | nindent 2 }}
spec: {{- include "margay.podSpec" (merge (dict "runsOnce" true) .) | nindent 2 }}
{{- end }}

{{- /* What helm test runs goes when it passed, and is there to be looked into when it did not. */}}
{{- define "margay.testHook" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "margay.podLabels" -}}
{{- $own := include "margay.partValues" . | fromYaml }}
{{- mergeOverwrite dict .root.Values.commonLabels .root.Values.podLabels $own.podLabels (include "margay.labels" .root | fromYaml) (include "margay.selector" . | fromYaml) | toYaml }}
{{- end }}

{{- define "margay.podAnnotations" -}}
{{- $own := include "margay.partValues" . | fromYaml }}
{{- mergeOverwrite dict .root.Values.commonAnnotations .root.Values.podAnnotations $own.podAnnotations (.annotations | default dict) | toYaml }}
{{- end }}

{{- define "margay.podSpec" -}}
{{- $root := .root }}
{{- $own := include "margay.partValues" . | fromYaml }}
{{- $scheme := eq .part (include "margay.door-part" $root) | ternary (include "margay.scheme" $root) "http" }}
{{- if .runsOnce }}
restartPolicy: Never
{{- end }}
{{- $account := .account }}
{{- if not (hasKey . "account") }}{{ $account = include "margay.serviceAccount" . }}{{ end }}
{{- with $account }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: {{ .needsToken | default false }}
{{- with $own.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
securityContext: {{- include "margay.podSecurity" . | nindent 2 }}
{{- with concat $root.Values.global.imagePullSecrets $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.nodeSelector | default $root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations | default $root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.affinity | default $root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.priorityClassName | default $root.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- if not .runsOnce }}
topologySpreadConstraints:
  {{- $selector := dict "matchLabels" (include "margay.selector" . | fromYaml) }}
  {{- $byNode := list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway") }}
  {{- range $own.topologySpreadConstraints | default $root.Values.topologySpreadConstraints | default $byNode }}
  - {{- mergeOverwrite (dict "maxSkew" 1 "labelSelector" $selector) . | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
{{- with $own.initContainers }}
initContainers: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .container | default .part }}
    image: {{ include "margay.image" $root }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    securityContext: {{- include "margay.containerSecurity" . | nindent 6 }}
    {{- with .command }}
    command: {{ toJson . }}
    {{- end }}
    args:
      {{- .args | nindent 6 }}
      {{- range $own.extraArgs }}
      - {{ . | quote }}
      {{- end }}
    {{- with include "margay.podEnv" (dict "env" (.env | default "") "given" (concat $root.Values.extraEnv $own.extraEnv)) }}
    env: {{- . | nindent 6 }}
    {{- end }}
    {{- with concat $root.Values.extraEnvFrom $own.extraEnvFrom }}
    envFrom: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if not .runsOnce }}
    ports:
      - { name: http, containerPort: 8080 }
      {{- with .ports }}
      {{- . | nindent 6 }}
      {{- end }}
    startupProbe: {{- include "margay.probe" (dict "path" "/healthz" "scheme" $scheme "fields" (dict "periodSeconds" 2 "failureThreshold" 60) "own" $own.startupProbe) | nindent 6 }}
    livenessProbe: {{- include "margay.probe" (dict "path" "/healthz" "scheme" $scheme "fields" (dict "periodSeconds" 20 "timeoutSeconds" 5) "own" $own.livenessProbe) | nindent 6 }}
    readinessProbe: {{- include "margay.probe" (dict "path" "/readyz" "scheme" $scheme "fields" (dict "periodSeconds" 10 "timeoutSeconds" 5) "own" $own.readinessProbe) | nindent 6 }}
    {{- end }}
    resources: {{- toYaml $own.resources | nindent 6 }}
    {{- include "margay.listed" (dict "key" "volumeMounts" "text" .mounts "more" (concat $root.Values.extraVolumeMounts $own.extraVolumeMounts)) | nindent 4 }}
  {{- with $own.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "margay.listed" (dict "key" "volumes" "text" .volumes "more" (concat $root.Values.extraVolumes $own.extraVolumes)) }}
{{- end }}

{{- /* A field with a list, of a text and of more, where there is either. */}}
{{- define "margay.listed" -}}
{{- if or .text .more }}
{{ .key }}:
  {{- with .text }}
  {{- . | trim | nindent 2 }}
  {{- end }}
  {{- with .more }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* The variables of a container, each once: those that are given count instead of the chart's, and the last of one name. */}}
{{- define "margay.podEnv" -}}
{{- include "margay.withoutEnv" . }}
{{- range $i, $variable := .given }}
{{- $later := false }}
{{- range slice $.given (add1 $i) }}{{- if eq .name $variable.name }}{{- $later = true }}{{- end }}{{- end }}
{{- if not $later }}
- {{- toYaml $variable | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Variables without those that are given otherwise: each is a line. */}}
{{- define "margay.withoutEnv" -}}
{{- $env := .env }}
{{- range .given }}
{{- $env = regexReplaceAll (printf "(?m)^- \\{ name: %s,.*\\n?" (regexQuoteMeta .name)) $env "" }}
{{- end }}
{{- $env | trim }}
{{- end }}

{{- /* What every pod has: nobody's user; fields that are otherwise for all, and those for its part. */}}
{{- define "margay.podSecurity" -}}
{{- $own := include "margay.partValues" . | fromYaml }}
{{- $fields := dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001 "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- mergeOverwrite $fields (deepCopy .root.Values.podSecurityContext) $own.podSecurityContext | toYaml }}
{{- end }}

{{- /* And every container: nothing to write to, no privileges. Capabilities are given as a whole. */}}
{{- define "margay.containerSecurity" -}}
{{- $own := (include "margay.partValues" . | fromYaml).containerSecurityContext }}
{{- $all := .root.Values.containerSecurityContext }}
{{- $fields := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true }}
{{- $capabilities := $own.capabilities | default $all.capabilities | default (dict "drop" (list "ALL")) }}
{{- set (mergeOverwrite $fields (deepCopy $all) $own) "capabilities" $capabilities | toYaml }}
{{- end }}

{{- /* A probe of a path; one of another kind is instead of it. */}}
{{- define "margay.probe" -}}
{{- $byPath := dict "httpGet" (dict "path" .path "port" "http") }}
{{- if eq .scheme "https" }}{{- $_ := set $byPath.httpGet "scheme" "HTTPS" }}{{- end }}
{{- if or .own.exec .own.tcpSocket .own.grpc }}{{- $byPath = dict }}{{- end }}
{{- mergeOverwrite $byPath .fields .own | toYaml }}
{{- end }}

{{- /* What a claim of a volume asks for: of (dict "size" … "class" …). */}}
{{- define "margay.claimSpec" -}}
accessModes: [ReadWriteOnce]
resources: { requests: { storage: {{ .size }} } }
{{- with .class }}
storageClassName: {{ if eq . "-" }}''{{ else }}{{ . | quote }}{{ end }}
{{- end }}
{{- end }}
