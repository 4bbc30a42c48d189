{{- define "margay.labels" -}}
app.kubernetes.io/name: margay
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Selects the pods of one part: (dict "root" $ "part" "api"). */}}
{{- define "margay.selector" -}}
app.kubernetes.io/name: margay
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "margay.name" -}}
{{ .root.Release.Name }}-{{ .part }}
{{- end }}

{{- define "margay.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* What every pod has: nobody's user, nothing to write to, no privileges. */}}
{{- define "margay.pod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "margay.container" -}}
image: {{ include "margay.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "margay.probes" -}}
startupProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 2, failureThreshold: 60 }
livenessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 20, timeoutSeconds: 5 }
readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 10, timeoutSeconds: 5 }
{{- end }}

{{- /* The variables of Kafka and Elasticsearch, for every service. */}}
{{- define "margay.connections" -}}
- { name: CLUSTER_NAME, value: {{ .Values.clusterName | quote }} }
- { name: HTTP_HOST, value: 0.0.0.0 }
- { name: HTTP_PORT, value: '8080' }
- { name: KAFKA_BROKERS, value: {{ .Values.kafka.brokers | quote }} }
- { name: KAFKA_TOPIC_PREFIX, value: {{ .Values.kafka.topicPrefix | quote }} }
- { name: KAFKA_PARTITIONS, value: {{ .Values.kafka.partitions | quote }} }
- { name: KAFKA_TLS, value: {{ .Values.kafka.tls | quote }} }
{{- with .Values.kafka.saslSecret }}
- { name: KAFKA_SASL_MECHANISM, value: {{ $.Values.kafka.saslMechanism }} }
- { name: KAFKA_USERNAME, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: username } } }
- { name: KAFKA_PASSWORD, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: password } } }
{{- end }}
{{- if .Values.kafka.caSecret }}
- { name: KAFKA_CA_FILE, value: /secrets/kafka/ca.crt }
{{- end }}
- { name: ELASTICSEARCH_URLS, value: {{ .Values.elasticsearch.urls | quote }} }
- { name: ELASTICSEARCH_INDEX_PREFIX, value: {{ .Values.elasticsearch.indexPrefix | quote }} }
{{- with .Values.elasticsearch.secret }}
- { name: ELASTICSEARCH_API_KEY, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: apiKey, optional: true } } }
- { name: ELASTICSEARCH_USERNAME, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: username, optional: true } } }
- { name: ELASTICSEARCH_PASSWORD, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: password, optional: true } } }
{{- end }}
{{- if .Values.elasticsearch.caSecret }}
- { name: ELASTICSEARCH_CA_FILE, value: /secrets/elasticsearch/ca.crt }
{{- end }}
{{- end }}

{{- /* Whether there is whom to tell: not empty then. */}}
{{- define "margay.notifies" -}}
{{- if or .Values.notifier.url .Values.notifier.urlSecret }}yes{{ end -}}
{{- end }}

{{- /* Whom to tell, by variables. The address may be a secret, so that no object but a Secret has it. */}}
{{- define "margay.notify" -}}
- { name: NOTIFY_URL, valueFrom: { secretKeyRef: { name: {{ .Values.notifier.urlSecret | default (printf "%s-notify" .Release.Name) | quote }}, key: url } } }
- { name: NOTIFY_REGRESSIONS, value: {{ .Values.notifier.regressions | quote }} }
{{- with .Values.notifier.secret }}
- { name: NOTIFY_SECRET, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: key } } }
{{- end }}
{{- end }}

{{- /* The key that the log of reports is signed with. */}}
{{- define "margay.ledgerKey" -}}
{{- with .Values.ledger.secret }}
- { name: LEDGER_KEY, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: key } } }
{{- end }}
{{- end }}
