{{- /* A pod template of a part. Of (dict "root" $ "part" "api"), with as text "args", "env", "ports", "mounts" and "volumes";
"annotations" beside those in values; "needsToken" where it asks the API server; "runsOnce" for a pod that makes one report. */}}
{{- define "margay.podTemplate" -}}
{{- $root := .root }}
{{- $own := include "margay.partValues" . | fromYaml }}
{{- $scheme := eq .part (include "margay.door-part" $root) | ternary (include "margay.scheme" $root) "http" }}
{{- $labels := mergeOverwrite dict $root.Values.commonLabels $root.Values.podLabels $own.podLabels (include "margay.labels" $root | fromYaml) (include "margay.selector" . | fromYaml) }}
metadata:
  labels: {{- toYaml $labels | nindent 4 }}
  {{- with mergeOverwrite dict $root.Values.commonAnnotations $root.Values.podAnnotations $own.podAnnotations (.annotations | default dict) }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if .runsOnce }}
  restartPolicy: Never
  {{- end }}
  serviceAccountName: {{ include "margay.serviceAccount" . }}
  automountServiceAccountToken: {{ .needsToken | default false }}
  terminationGracePeriodSeconds: {{ $own.terminationGracePeriodSeconds }}
  {{- include "margay.podSecurity" $root | nindent 2 }}
  {{- with $own.nodeSelector | default $root.Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations | default $root.Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity | default $root.Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.priorityClassName | default $root.Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- if not .runsOnce }}
  topologySpreadConstraints:
    {{- $selector := dict "matchLabels" (include "margay.selector" . | fromYaml) }}
    {{- $byNode := list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway") }}
    {{- range $own.topologySpreadConstraints | default $root.Values.topologySpreadConstraints | default $byNode }}
    - {{- mergeOverwrite (dict "maxSkew" 1 "labelSelector" $selector) . | toYaml | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- with $own.initContainers }}
  initContainers: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ eq .part "report-job" | ternary "report-worker" .part }}
      {{- include "margay.container" $root | nindent 6 }}
      args:
        {{- .args | nindent 8 }}
        {{- range $own.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      {{- $given := concat $root.Values.extraEnv $own.extraEnv }}
      env:
        {{- include "margay.withoutEnv" (dict "env" .env "given" $given) | nindent 8 }}
        {{- range $i, $variable := $given }}
        {{- $later := false }}
        {{- range slice $given (add1 $i) }}{{- if eq .name $variable.name }}{{- $later = true }}{{- end }}{{- end }}
        {{- if not $later }}
        - {{- toYaml $variable | nindent 10 }}
        {{- end }}
        {{- end }}
      {{- with concat $root.Values.extraEnvFrom $own.extraEnvFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if not .runsOnce }}
      ports:
        - { name: http, containerPort: 8080 }
        {{- with .ports }}
        {{- . | nindent 8 }}
        {{- end }}
      startupProbe: {{- include "margay.probe" (dict "path" "/healthz" "scheme" $scheme "fields" (dict "periodSeconds" 2 "failureThreshold" 60) "own" $own.startupProbe) | nindent 8 }}
      livenessProbe: {{- include "margay.probe" (dict "path" "/healthz" "scheme" $scheme "fields" (dict "periodSeconds" 20 "timeoutSeconds" 5) "own" $own.livenessProbe) | nindent 8 }}
      readinessProbe: {{- include "margay.probe" (dict "path" "/readyz" "scheme" $scheme "fields" (dict "periodSeconds" 10 "timeoutSeconds" 5) "own" $own.readinessProbe) | nindent 8 }}
      {{- end }}
      resources: {{- toYaml $own.resources | nindent 8 }}
      volumeMounts:
        {{- .mounts | nindent 8 }}
        {{- with concat $root.Values.extraVolumeMounts $own.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with $own.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- .volumes | nindent 4 }}
    {{- with concat $root.Values.extraVolumes $own.extraVolumes }}
    {{- toYaml . | nindent 4 }}
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

{{- /* What every pod has: nobody's user, nothing to write to, no privileges. */}}
{{- define "margay.podSecurity" -}}
{{- $fields := dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001 "seccompProfile" (dict "type" "RuntimeDefault") }}
securityContext: {{- mergeOverwrite $fields .Values.podSecurityContext | toYaml | nindent 2 }}
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "margay.container" -}}
image: {{ include "margay.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- $fields := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true }}
securityContext:
  {{- mergeOverwrite $fields (omit .Values.containerSecurityContext "capabilities") | toYaml | nindent 2 }}
  {{- with .Values.containerSecurityContext.capabilities }}
  capabilities: {{- toYaml . | nindent 4 }}
  {{- else }}
  capabilities: { drop: [ALL] }
  {{- end }}
{{- end }}

{{- /* A probe of a path; one of another kind is instead of it. */}}
{{- define "margay.probe" -}}
{{- $byPath := dict "httpGet" (dict "path" .path "port" "http") }}
{{- if eq .scheme "https" }}{{- $_ := set $byPath.httpGet "scheme" "HTTPS" }}{{- end }}
{{- if or .own.exec .own.tcpSocket .own.grpc }}{{- $byPath = dict }}{{- end }}
{{- mergeOverwrite $byPath .fields .own | toYaml }}
{{- end }}

{{- /* What a claim of a volume asks for, by the values of a persistence. */}}
{{- define "margay.claimSpec" -}}
accessModes: [ReadWriteOnce]
resources: { requests: { storage: {{ .size }} } }
{{- with .storageClass }}
storageClassName: {{ if eq . "-" }}''{{ else }}{{ . | quote }}{{ end }}
{{- end }}
{{- end }}
