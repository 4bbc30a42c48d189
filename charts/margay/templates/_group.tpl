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

{{- /* Whose a definition is: "ours", "nobody's" where it is not there, "left" where it is one of Margay's that no release has, or
"another's": those are never written. */}}
{{- define "margay.definitionOf" -}}
{{- $found := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .name | default dict }}
{{- $by := dig "metadata" "annotations" dict $found }}
{{- $release := get $by "meta.helm.sh/release-name" }}
{{- $space := get $by "meta.helm.sh/release-namespace" }}
{{- if empty $found }}nobody's
{{- else if and (eq $release .root.Release.Name) (eq $space .root.Release.Namespace) }}ours
{{- else if and .root.Values.crds.enabled (include "margay.isMargays" (merge (dict "found" $found) .)) (not (include "margay.isHeld" (dict "found" $found "release" $release "space" $space))) }}left
{{- else }}another's
{{- end }}
{{- end }}

{{- /* Whether a definition that is there is one of Margay's, of whichever version: not empty then. */}}
{{- define "margay.isMargays" -}}
{{- $own := .root.Files.Get (printf "files/definitions/%s.yaml" (splitList "." .name | first)) | fromYaml }}
{{- if eq (dig "schema" "openAPIV3Schema" "description" "" (index .found.spec.versions 0)) (index $own.spec.versions 0).schema.openAPIV3Schema.description }}yes{{ end }}
{{- end }}

{{- /* Whether somebody has a definition who may write it again, a release that is there or a tool that applies manifests: not empty then. */}}
{{- define "margay.isHeld" -}}
{{- $metadata := .found.metadata }}
{{- range $key, $_ := merge (dict) ($metadata.labels | default dict) ($metadata.annotations | default dict) }}
{{- if or (hasPrefix "argocd.argoproj.io/" $key) (hasSuffix ".toolkit.fluxcd.io/name" $key) }}{{ $key }}{{ end }}
{{- end }}
{{- if .release }}{{ include "margay.isRelease" . }}{{ end }}
{{- end }}

{{- /* Whether Helm has a release: not empty then. Helm keeps an object of each revision, a Secret unless it was told otherwise; of an
uninstalled release they stay where its history was to be kept, and the last one says so. Where Helm keeps them outside the cluster, what is
seen of a release are its Deployments. Who may not read these objects is told so by Helm, and nothing is installed. */}}
{{- define "margay.isRelease" -}}
{{- $release := .release }}
{{- $last := dict "version" "0" "status" "uninstalled" }}
{{- range $kind := list "Secret" "ConfigMap" }}
{{- range (lookup "v1" $kind $.space "").items }}
{{- $labels := dig "labels" dict .metadata }}
{{- if and (eq (get $labels "owner") "helm") (eq (get $labels "name") $release) (gt (int (get $labels "version")) (int $last.version)) }}{{ $last = $labels }}{{ end }}
{{- end }}
{{- end }}
{{- if ne (get $last "status") "uninstalled" }}{{ $release }}{{ end }}
{{- range (lookup "apps/v1" "Deployment" .space "").items }}
{{- if eq (dig "annotations" "meta.helm.sh/release-name" "" .metadata) $release }}{{ $release }}{{ end }}
{{- end }}
{{- end }}

{{- /* The definitions that the hook takes over, as YAML. */}}
{{- define "margay.left" -}}
{{- $left := list }}
{{- if and .Values.crds.enabled (ne .Values.profile "hub") .Values.rbac.create .Values.serviceAccount.create }}
{{- range list "globalreports" "globalreporttypes" }}
{{- $name := printf "%s.%s" . (include "margay.group" $) }}
{{- if eq (include "margay.definitionOf" (dict "root" $ "name" $name)) "left" }}{{ $left = append $left $name }}{{ end }}
{{- end }}
{{- end }}
{{- toYaml $left }}
{{- end }}
