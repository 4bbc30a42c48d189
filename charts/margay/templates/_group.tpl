{{- /* The API group of GlobalReports. Where it is not set, it is one that nobody else serves or may come to serve: an API server behind
an APIService and definitions of one group are at odds, and what is there already stays where it is. Without a cluster to look at,
as in helm template, it is projectcalico.org. */}}
{{- define "margay.group" -}}
{{- .Values.globalReports.group | default (include "margay.freeGroup" .) }}
{{- end }}

{{- define "margay.freeGroup" -}}
{{- $crd := "apiextensions.k8s.io/v1" }}
{{- if include "margay.aggregatedBy" . }}margay.io
{{- else if lookup $crd "CustomResourceDefinition" "" "globalreports.margay.io" }}margay.io
{{- else if lookup $crd "CustomResourceDefinition" "" "globalreports.projectcalico.org" }}projectcalico.org
{{- else if or (lookup $crd "CustomResourceDefinition" "" "tiers.projectcalico.org") (lookup $crd "CustomResourceDefinition" "" "clusterinformations.crd.projectcalico.org") }}margay.io
{{- else }}projectcalico.org
{{- end }}
{{- end }}

{{- /* The Service of the API server that serves projectcalico.org/v3, where one does: not empty then. */}}
{{- define "margay.aggregatedBy" -}}
{{- $found := lookup "apiregistration.k8s.io/v1" "APIService" "" "v3.projectcalico.org" | default dict }}
{{- with dig "spec" "service" dict $found }}
{{- .namespace }}/{{ .name }}
{{- end }}
{{- end }}

{{- /* Whose a definition is: "ours", "nobody's", or "another's": those are never written. */}}
{{- define "margay.definitionOf" -}}
{{- $found := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .name | default dict }}
{{- $by := dig "metadata" "annotations" dict $found }}
{{- $isOurs := and (eq (get $by "meta.helm.sh/release-name") .root.Release.Name) (eq (get $by "meta.helm.sh/release-namespace") .root.Release.Namespace) }}
{{- empty $found | ternary "nobody's" ($isOurs | ternary "ours" "another's") }}
{{- end }}
