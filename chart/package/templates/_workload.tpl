{{/* A Deployment of admission or controller. Arguments: root, component */}}
{{- define "deployment" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $values := index $root.Values $component -}}
{{- $name := printf "%s-%s" (include "fullname" $root) $component -}}
{{- $selector := include "selector" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $component }}
spec:
  replicas: {{ $values.replicas }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  strategy:
    # The new one is ready before an old one goes. Of several controllers one acts, by the Lease.
    type: RollingUpdate
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  template:
    metadata:
      labels:
        {{- include "pod-labels" . | nindent 8 }}
      annotations:
        {{- with $root.Values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
        checksum/module: {{ $root.Files.Get "files/module.js.gz" | sha256sum }}
    spec:
      {{- include "pod" (dict "root" $root "values" $values "account" $name) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
        {{- end }}
      containers:
        - name: {{ $component }}
          {{- include "container" (dict "root" $root "values" $values) | nindent 10 }}
          # Pepr's own entry point writes a file, applies a CustomResourceDefinition and keeps SIGTERM from the
          # process that does the work.
          args: [/app/load/start.cjs]
          ports:
            - { name: https, containerPort: {{ int ($values.port | default 3000) }} }
          startupProbe:
            httpGet: { path: /healthz, port: https, scheme: HTTPS }
            periodSeconds: 1
            failureThreshold: 60
          # Not before it has reached the API server, where it needs to.
          readinessProbe:
            httpGet: { path: /readyz, port: https, scheme: HTTPS }
            periodSeconds: 5
            timeoutSeconds: 3
          livenessProbe:
            httpGet: { path: /healthz, port: https, scheme: HTTPS }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          env:
            # Under the memory limit Node would keep 1 MiB, and collect garbage for a quarter of its time in a burst of runs.
            - { name: NODE_OPTIONS, value: --max-semi-space-size=4 }
            - { name: PEPR_WATCH_MODE, value: {{ eq $component "controller" | quote }} }
            # Part of the webhooks' URL. It guards nothing: an answer tells only what the request says.
            - { name: PEPR_API_PATH, value: v1 }
            - { name: PORT, value: {{ int ($values.port | default 3000) | quote }} }
            - { name: SSL_CERT_PATH, value: /etc/certs/tls.crt }
            - { name: SSL_KEY_PATH, value: /etc/certs/tls.key }
            {{- if and (eq $component "admission") $root.Values.webhooks.clientAuthority }}
            - { name: WEBHOOK_CLIENT_AUTHORITY, value: {{ $root.Values.webhooks.clientAuthority | quote }} }
            {{- end }}
            {{- include "environment" $root | nindent 12 }}
          volumeMounts:
            - { name: certificate, mountPath: /etc/certs, readOnly: true }
            - { name: module, mountPath: /app/load, readOnly: true }
      volumes:
        - name: certificate
          secret: { secretName: {{ include "serving-secret" $root }}, defaultMode: 0440 }
        - name: module
          configMap: { name: {{ include "fullname" $root }}-module }
{{- end -}}

{{/* What all pods have in common. Arguments: root, values, account */}}
{{- define "pod" -}}
serviceAccountName: {{ .account }}
enableServiceLinks: false
{{- if .values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with .values.dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" (.values.hostNetwork | default false)) }}
dnsPolicy: {{ . }}
{{- end }}
securityContext:
  {{- include "pod-security" .root | nindent 2 }}
{{- with .values.priorityClassName | default (.root.Values.priorityClass.create | ternary (include "fullname" .root) "") }}
priorityClassName: {{ . }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with index $.values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "container" -}}
image: {{ include "image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- include "container-security" .root | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- end -}}

{{- define "environment" -}}
- { name: NODE_ENV, value: production }
- { name: LOG_LEVEL, value: {{ .Values.logLevel }} }
- { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
- { name: POD_AFFINITY_LEASE_NAMESPACE, value: {{ .Release.Namespace }} }
- { name: POD_AFFINITY_INSTALLATION, value: {{ include "fullname" . }} }
{{- with .Values.placeholder }}
- { name: POD_AFFINITY_PLACEHOLDER_TEMPLATE, value: {{ toJson . | quote }} }
{{- end }}
{{- include "settings" . }}
{{- end -}}
