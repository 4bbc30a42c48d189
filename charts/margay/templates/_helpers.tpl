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

{{- /* How people come in: names, proxies, sessions, sign-in. */}}
{{- define "margay.door" -}}
{{- with .Values.url }}
- { name: API_URL, value: {{ . | quote }} }
{{- end }}
{{- with .Values.allowedHosts }}
- { name: API_HOSTS, value: {{ join "," . | quote }} }
{{- end }}
{{- with .Values.trustedProxies }}
- { name: TRUSTED_PROXIES, value: {{ join "," . | quote }} }
- { name: TRUSTED_PROXIES_SAY, value: {{ $.Values.trustedProxiesSay }} }
{{- end }}
- { name: SESSION_LIFETIME, value: {{ .Values.sessions.lifetime }} }
- { name: SESSION_IDLE, value: {{ .Values.sessions.idle }} }
- { name: SESSIONS_PER_USER, value: {{ .Values.sessions.perUser | quote }} }
- { name: API_REQUESTS_PER_SECOND, value: {{ .Values.limits.requestsPerSecond | quote }} }
- { name: API_LONG_REQUESTS, value: {{ .Values.limits.longRequests | quote }} }
{{- with .Values.oidc }}
{{- if .issuer }}
- { name: OIDC_ISSUER, value: {{ .issuer | quote }} }
- { name: OIDC_CLIENT_ID, value: {{ .clientId | quote }} }
{{- with .secret }}
- { name: OIDC_CLIENT_SECRET, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: clientSecret } } }
{{- end }}
- { name: OIDC_NAME, value: {{ .name | quote }} }
- { name: OIDC_SCOPES, value: {{ .scopes | quote }} }
- { name: OIDC_USERNAME_CLAIM, value: {{ .usernameClaim | quote }} }
- { name: OIDC_USERNAME_PREFIX, value: {{ .usernamePrefix | quote }} }
- { name: OIDC_GROUPS_CLAIM, value: {{ .groupsClaim | quote }} }
- { name: OIDC_GROUPS_PREFIX, value: {{ .groupsPrefix | quote }} }
{{- if .caSecret }}
- { name: NODE_EXTRA_CA_CERTS, value: /secrets/oidc/ca.crt }
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.trustedHeaders }}
{{- if .enabled }}
- { name: TRUSTED_HEADERS, value: 'true' }
- { name: TRUSTED_HEADERS_USER, value: {{ .user | quote }} }
- { name: TRUSTED_HEADERS_GROUPS, value: {{ .groups | quote }} }
- { name: TRUSTED_HEADERS_USER_PREFIX, value: {{ .userPrefix | quote }} }
- { name: TRUSTED_HEADERS_GROUPS_PREFIX, value: {{ .groupsPrefix | quote }} }
- { name: TRUSTED_HEADERS_SIGN_OUT, value: {{ .signOut | quote }} }
{{- with .secret }}
- { name: TRUSTED_HEADERS_SECRET, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: secret } } }
- { name: TRUSTED_HEADERS_SECRET_HEADER, value: {{ $.Values.trustedHeaders.secretHeader | quote }} }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "margay.oidc-ca-mount" -}}
{{- if .Values.oidc.caSecret }}
- { name: oidc-ca, mountPath: /secrets/oidc, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.oidc-ca-volume" -}}
{{- with .Values.oidc.caSecret }}
- { name: oidc-ca, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- end }}
