{{- define "fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels of everything; the placeholders' label app.kubernetes.io/component is never one of these. */}}
{{- define "labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- range $key, $value := .Values.extraLabels }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Arguments: root, component */}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Arguments: root, component */}}
{{- define "pod-labels" -}}
{{- $selector := include "selector" . | fromYaml -}}
{{- toYaml (mustMergeOverwrite (dict) .root.Values.extraLabels .root.Values.podLabels $selector) -}}
{{- end -}}

{{- define "image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default (printf "v%s" (index $.Chart.Annotations "pepr.dev/version")) }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* The operator's settings as environment variables. */}}
{{- define "settings" -}}
{{- range $name, $value := .Values.settings }}
- name: POD_AFFINITY_{{ $name | snakecase | upper }}
  value: {{ if kindIs "float64" $value }}{{ int64 $value | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- end -}}

{{- define "container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "pod-security" -}}
runAsNonRoot: true
{{- range $key := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- with index $.Values.podSecurityContext $key }}
{{ $key }}: {{ int64 . }}
{{- end }}
{{- end }}
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* cert-manager's Secrets have names of their own: Helm takes over none that it did not make, and they outlive a change back. */}}
{{- define "serving-secret" -}}
{{ include "fullname" . }}{{ eq .Values.certificates.source "cert-manager" | ternary "-cert-manager-tls" "-tls" }}
{{- end -}}

{{/* The authority that the API server trusts: cert-manager writes it later, else it is in our Secret. */}}
{{- define "ca-injection" -}}
{{- if eq .Values.certificates.source "cert-manager" -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "fullname" . }}
{{- end -}}
{{- end -}}

{{/* How a monitor scrapes a process: by the certificate that webhooks are called by. Arguments: root, values */}}
{{- define "scrape" -}}
path: /metrics
scheme: https
{{- with .values.interval }}
interval: {{ . }}
{{- end }}
tlsConfig:
  serverName: {{ include "fullname" .root }}.{{ .root.Release.Namespace }}.svc
  ca:
    secret: { name: {{ include "serving-secret" .root }}, key: ca.crt }
{{- end -}}
