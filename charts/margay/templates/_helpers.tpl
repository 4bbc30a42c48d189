{{- define "margay.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry }}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .Values.image.repository }}
{{- with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* The variables of Kafka and Elasticsearch, for every service. */}}
{{- define "margay.connections" -}}
- { name: CLUSTER_NAME, value: {{ .Values.clusterName | quote }} }
{{- include "margay.process" . | nindent 0 }}
{{- include "margay.kafka" . | nindent 0 }}
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

{{- /* The variables of every process of a service. */}}
{{- define "margay.process" -}}
- { name: HTTP_HOST, value: 0.0.0.0 }
- { name: HTTP_PORT, value: '8080' }
- { name: LOG_LEVEL, value: {{ .Values.logLevel }} }
{{- end }}

{{- /* The variables of Kafka. */}}
{{- define "margay.kafka" -}}
{{- include "margay.brokers" (dict "of" .Values.kafka "prefix" "KAFKA" "name" "kafka") }}
- { name: KAFKA_TOPIC_PREFIX, value: {{ .Values.kafka.topicPrefix | quote }} }
- { name: KAFKA_PARTITIONS, value: {{ .Values.kafka.partitions | quote }} }
{{- with .Values.kafka.replicationFactor }}
- { name: KAFKA_REPLICATION_FACTOR, value: {{ . | quote }} }
{{- end }}
{{- with .Values.kafka.schemaRegistry }}
{{- if .url }}
- { name: SCHEMA_REGISTRY_URL, value: {{ .url | quote }} }
{{- with .secret }}
- { name: SCHEMA_REGISTRY_USERNAME, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: username } } }
- { name: SCHEMA_REGISTRY_PASSWORD, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: password } } }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* How brokers are reached and signed in to: of (dict "of" .Values.kafka "prefix" "KAFKA" "name" "kafka"), with what their variables and
volumes begin. */}}
{{- define "margay.brokers" -}}
- { name: {{ .prefix }}_BROKERS, value: {{ .of.brokers | quote }} }
- { name: {{ .prefix }}_TLS, value: {{ .of.tls | quote }} }
{{- with .of.saslSecret }}
- { name: {{ $.prefix }}_SASL_MECHANISM, value: {{ $.of.saslMechanism }} }
- { name: {{ $.prefix }}_USERNAME, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: username } } }
- { name: {{ $.prefix }}_PASSWORD, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: password } } }
{{- end }}
{{- if .of.caSecret }}
- { name: {{ .prefix }}_CA_FILE, value: /secrets/{{ .name }}/ca.crt }
{{- end }}
{{- if .of.certSecret }}
- { name: {{ .prefix }}_CERT_FILE, value: /secrets/{{ .name }}-client/tls.crt }
- { name: {{ .prefix }}_KEY_FILE, value: /secrets/{{ .name }}-client/tls.key }
{{- end }}
{{- end }}

{{- define "margay.brokers-mounts" -}}
{{- if .of.caSecret }}
- { name: {{ .name }}-ca, mountPath: /secrets/{{ .name }}, readOnly: true }
{{- end }}
{{- if .of.certSecret }}
- { name: {{ .name }}-client, mountPath: /secrets/{{ .name }}-client, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.brokers-volumes" -}}
{{- with .of.caSecret }}
- { name: {{ $.name }}-ca, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- with .of.certSecret }}
- { name: {{ $.name }}-client, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- end }}

{{- /* The receivers that are there, by their names: the part, and the path of their values. */}}
{{- define "margay.receivers" -}}
{{- if and (eq .Values.profile "distributed") .Values.auditIngestor.webhook.enabled }}
webhook: { part: audit-ingestor, path: auditIngestor.webhook }
{{- end }}
{{- if and (eq .Values.profile "distributed") .Values.flowIngestor.enabled .Values.flowIngestor.http.enabled }}
flows: { part: flow-ingestor, path: flowIngestor.http }
{{- end }}
{{- end }}

{{- /* The values of one of them: of (dict "root" $ "receiver" …), as YAML. */}}
{{- define "margay.receiverValues" -}}
{{- $values := .root.Values }}
{{- range splitList "." .receiver.path }}{{ $values = index $values . }}{{ end }}
{{- toYaml $values }}
{{- end }}

{{- /* What a receiver listens to and whom it lets in: of (dict "of" .Values.flowIngestor.http "prefix" "FLOW_HTTP" "name" "flows"). */}}
{{- define "margay.receiver" -}}
{{- if .of.enabled }}
- { name: {{ .prefix }}_HOST, value: 0.0.0.0 }
- { name: {{ .prefix }}_PORT, value: {{ .of.port | quote }} }
- { name: {{ .prefix }}_TLS_CERT_FILE, value: /secrets/{{ .name }}/tls.crt }
- { name: {{ .prefix }}_TLS_KEY_FILE, value: /secrets/{{ .name }}/tls.key }
{{- if .of.tokens }}
- { name: {{ .prefix }}_TOKENS_FILE, value: /secrets/{{ .name }}/token }
{{- end }}
{{- with .of.oidc }}
{{- if .issuer }}
- { name: {{ $.prefix }}_OIDC_ISSUER, value: {{ .issuer | quote }} }
- { name: {{ $.prefix }}_OIDC_AUDIENCE, value: {{ .audience | quote }} }
- { name: {{ $.prefix }}_OIDC_NAMES, value: {{ join "," .names | quote }} }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A topic that others write: of (dict "of" .Values.flowIngestor "prefix" "FLOW"). */}}
{{- define "margay.topic" -}}
{{- with .of.topic }}
- { name: {{ $.prefix }}_TOPIC, value: {{ . | quote }} }
{{- end }}
{{- if .of.topicKafka.brokers }}
{{- include "margay.brokers" (dict "of" .of.topicKafka "prefix" (printf "%s_KAFKA" .prefix) "name" "topic-kafka") | nindent 0 }}
{{- end }}
{{- end }}

{{- /* What this release is called among those that follow the GlobalReports of one cluster. */}}
{{- define "margay.installation" -}}
- { name: INSTALLATION_NAME, value: {{ printf "%s/%s" .Release.Namespace .Release.Name | quote }} }
{{- end }}

{{- /* Who may see what, by variables of the api. */}}
{{- define "margay.rights" -}}
- { name: GLOBAL_REPORT_GROUP, value: {{ include "margay.group" . | quote }} }
- { name: API_PERMISSIONS, value: {{ .Values.permissions | quote }} }
{{- if eq .Values.permissions "token" }}
- { name: API_TOKEN, valueFrom: { secretKeyRef: { name: {{ .Values.permissionsTokenSecret | quote }}, key: token } } }
{{- end }}
{{- end }}

{{- /* Whether there is whom to tell: not empty then. */}}
{{- define "margay.notifies" -}}
{{- if or .Values.notifier.url .Values.notifier.urlSecret }}yes{{ end -}}
{{- end }}

{{- /* Whom to tell, by variables. The address may be a secret, so that no object but a Secret has it. */}}
{{- define "margay.notify" -}}
- { name: NOTIFY_URL, valueFrom: { secretKeyRef: { name: {{ .Values.notifier.urlSecret | default (include "margay.name" (dict "root" . "part" "notify")) | quote }}, key: url } } }
- { name: NOTIFY_REGRESSIONS, value: {{ .Values.notifier.regressions | quote }} }
{{- with .Values.notifier.secret }}
- { name: NOTIFY_SECRET, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: key } } }
{{- end }}
{{- end }}

{{- /* By which clusters are told from others of their names: those of them that an ingestor takes evidence of, as they are given, and this one's as the API server says it where it can be asked. */}}
{{- define "margay.clusterUids" -}}
{{- $values := .root.Values }}
{{- $taken := list $values.clusterName }}
{{- range concat $values.extraEnv .own.extraEnv }}
{{- if hasSuffix "_CLUSTERS" .name }}{{ $taken = concat $taken (splitList "," (nospace (.value | default ""))) }}{{ end }}
{{- end }}
{{- $uids := list }}
{{- range .root.Values.clusterUids }}
{{- $cluster := splitList "=" . | first }}
{{- if has $cluster $taken }}{{ $uids = append $uids . }}
{{- else if not (has $cluster $values.clusters) }}
{{- fail (printf "clusterUids: %s is neither clusterName nor among clusters" $cluster) }}
{{- end }}
{{- end }}
{{- $isGiven := false }}
{{- range $uids }}{{ if hasPrefix (printf "%s=" $values.clusterName) . }}{{ $isGiven = true }}{{ end }}{{ end }}
{{- $born := dig "metadata" "uid" "" (lookup "v1" "Namespace" "" "kube-system" | default dict) }}
{{- if and $born (not $isGiven) }}{{ $uids = append $uids (printf "%s=%s" $values.clusterName $born) }}{{ end }}
{{- with $uids }}
- { name: CLUSTER_UIDS, value: {{ join "," . | quote }} }
{{- end }}
{{- end }}

{{- /* The key that the log of reports is signed with: as a file, which becomes another one with the Secret while pods run. */}}
{{- define "margay.ledgerKey" -}}
{{- if .Values.ledger.secret }}
- { name: LEDGER_KEY_FILE, value: /secrets/ledger/key }
{{- end }}
{{- with .Values.ledger.signer }}
{{- if .tokenSecret }}
- { name: LEDGER_SIGNER_TOKEN_FILE, value: /secrets/ledger-signer/token }
{{- end }}
{{- with .role }}
- { name: LEDGER_SIGNER_ROLE, value: {{ . | quote }} }
- { name: LEDGER_SIGNER_LOGIN, value: {{ $.Values.ledger.signer.login | quote }} }
- { name: LEDGER_SIGNER_JWT_FILE, value: /secrets/ledger-signer/token }
{{- end }}
{{- end }}
{{- end }}

{{- define "margay.ledgerKey-mounts" -}}
{{- if .Values.ledger.secret }}
- { name: ledger-key, mountPath: /secrets/ledger, readOnly: true }
{{- end }}
{{- if or .Values.ledger.signer.tokenSecret .Values.ledger.signer.role }}
- { name: ledger-signer, mountPath: /secrets/ledger-signer, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.ledgerKey-volumes" -}}
{{- with .Values.ledger.secret }}
- { name: ledger-key, secret: { secretName: {{ . | quote }}, items: [{ key: key, path: key }] } }
{{- end }}
{{- with .Values.ledger.signer }}
{{- if .tokenSecret }}
- { name: ledger-signer, secret: { secretName: {{ .tokenSecret | quote }}, items: [{ key: token, path: token }] } }
{{- else if .role }}
- name: ledger-signer
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
          {{- with .audience }}
          audience: {{ . | quote }}
          {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Who confirms heads of the log of reports. */}}
{{- define "margay.confirmations" -}}
{{- with .Values.ledger }}
{{- with .witnesses }}
- { name: WITNESSES, value: {{ join "," . | quote }} }
{{- end }}
{{- with .witnessesNeeded }}
- { name: WITNESSES_NEEDED, value: {{ . | quote }} }
{{- end }}
{{- with .timestamp.url }}
- { name: TIMESTAMP_URL, value: {{ . | quote }} }
- { name: TIMESTAMP_CA_FILE, value: /secrets/timestamps/ca.crt }
{{- end }}
{{- end }}
{{- end }}

{{- define "margay.confirmations-mounts" -}}
{{- if .Values.ledger.timestamp.url }}
- { name: timestamps-ca, mountPath: /secrets/timestamps, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.confirmations-volumes" -}}
{{- if .Values.ledger.timestamp.url }}
- { name: timestamps-ca, secret: { secretName: {{ .Values.ledger.timestamp.caSecret | quote }} } }
{{- end }}
{{- end }}

{{- /* Where reports are copied to. */}}
{{- define "margay.copies" -}}
{{- with .Values.ledger.copies }}
{{- if .bucket }}
- { name: S3_BUCKET, value: {{ .bucket | quote }} }
- { name: S3_PREFIX, value: {{ .prefix | quote }} }
- { name: S3_REGION, value: {{ .region | quote }} }
- { name: S3_ENDPOINT, value: {{ .endpoint | quote }} }
- { name: S3_RETENTION_MODE, value: {{ .mode | quote }} }
- { name: S3_RETENTION_DAYS, value: {{ .days | quote }} }
{{- with .secret }}
- { name: S3_ACCESS_KEY_ID, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: accessKeyId } } }
- { name: S3_SECRET_ACCESS_KEY, valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: secretAccessKey } } }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* How people come in: names, proxies, sessions, sign-in. */}}
{{- define "margay.door" -}}
{{- with .Values.url }}
- { name: API_URL, value: {{ . | quote }} }
{{- end }}
{{- if .Values.tls.secret }}
- { name: API_TLS_CERT_FILE, value: /secrets/tls/tls.crt }
- { name: API_TLS_KEY_FILE, value: /secrets/tls/tls.key }
{{- end }}
{{- with .Values.allowedHosts }}
- { name: API_HOSTS, value: {{ append . (include "margay.host" $) | join "," | quote }} }
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
- { name: OIDC_ASK_AGAIN, value: {{ .askAgain }} }
- { name: OIDC_MAX_AGE, value: {{ .maxAge }} }
- { name: OIDC_USERNAME_CLAIM, value: {{ .usernameClaim | quote }} }
- { name: OIDC_USERNAME_PREFIX, value: {{ .usernamePrefix | quote }} }
- { name: OIDC_GROUPS_CLAIM, value: {{ .groupsClaim | quote }} }
- { name: OIDC_GROUPS_PREFIX, value: {{ .groupsPrefix | quote }} }
{{- if not .signOut }}
- { name: OIDC_SIGN_OUT, value: 'false' }
{{- end }}
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

{{- define "margay.door-mounts" -}}
{{- if .Values.tls.secret }}
- { name: tls, mountPath: /secrets/tls, readOnly: true }
{{- end }}
{{- if .Values.oidc.caSecret }}
- { name: oidc-ca, mountPath: /secrets/oidc, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.door-volumes" -}}
{{- with .Values.tls.secret }}
- { name: tls, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- with .Values.oidc.caSecret }}
- { name: oidc-ca, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- end }}

{{- /* How the dashboard is asked. */}}
{{- define "margay.scheme" -}}
{{- empty .Values.tls.secret | ternary "http" "https" }}
{{- end }}

{{- /* The name of the dashboard's Service within the cluster. */}}
{{- define "margay.host" -}}
{{- include "margay.fullname" . }}.{{ .Release.Namespace }}
{{- end }}

{{- define "margay.servicePort" -}}
{{- .Values.service.port | default (empty .Values.tls.secret | ternary 80 443) }}
{{- end }}

{{- define "margay.networks" -}}
{{- with .Values.privateNetworks }}
- { name: PRIVATE_NETWORKS, value: {{ join "," . | quote }} }
{{- end }}
{{- end }}

{{- define "margay.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- include "margay.brokers-mounts" (dict "of" .Values.kafka "name" "kafka") }}
{{- if .Values.elasticsearch.caSecret }}
- { name: elasticsearch-ca, mountPath: /secrets/elasticsearch, readOnly: true }
{{- end }}
{{- end }}

{{- define "margay.volumes" -}}
- { name: tmp, emptyDir: {} }
{{- include "margay.brokers-volumes" (dict "of" .Values.kafka "name" "kafka") }}
{{- with .Values.elasticsearch.caSecret }}
- { name: elasticsearch-ca, secret: { secretName: {{ . | quote }} } }
{{- end }}
{{- end }}
