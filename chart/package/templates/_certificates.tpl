{{/*
The state of our own authority, as .Values.madeCertificates; made once for all templates of a rendering.

The API server trusts every authority in `trusted` before anything is signed by it: an upgrade that finds the
current one near its end adds a `next` one; a later one, which finds it in the live webhooks, signs with it and
keeps the `previous` one trusted, because pods take up a changed Secret after a while. Where none was kept, the
previous ones are those of the live webhooks: cert-manager's, by which pods serve until they have been replaced.
*/}}
{{- define "certificates" -}}
{{- if not (hasKey .Values "madeCertificates") -}}
{{- $name := include "fullname" . -}}
{{- $days := int .Values.certificates.validityDays -}}
{{- $nowSeconds := now | unixEpoch | int64 -}}
{{- $endOfNew := add $nowSeconds (mul $days 86400) -}}
{{- $kept := dict -}}
{{- range $key, $value := (lookup "v1" "Secret" .Release.Namespace (printf "%s-ca" $name)).data -}}
{{- $_ := set $kept $key ($value | b64dec) -}}
{{- end -}}
{{- $serving := (lookup "v1" "Secret" .Release.Namespace (printf "%s-tls" $name)).data -}}
{{- $live := "" -}}
{{- range (lookup "admissionregistration.k8s.io/v1" "MutatingWebhookConfiguration" "" $name).webhooks -}}
{{- $live = .clientConfig.caBundle | default "" | b64dec -}}
{{- end -}}
{{- $state := dict -}}
{{- $sign := not $serving -}}
{{- if not (hasKey $kept "current.crt") -}}
  {{- $new := genCA $name $days -}}
  {{- $state = dict "current.crt" $new.Cert "current.key" $new.Key "current.ends" (toString $endOfNew) -}}
  {{- with $live -}}
  {{- $_ := set $state "previous.crt" . -}}
  {{- end -}}
  {{- $sign = true -}}
{{- else if and (hasKey $kept "next.crt") (contains (index $kept "next.crt") $live) -}}
  {{- $state = dict "current.crt" (index $kept "next.crt") "current.key" (index $kept "next.key") "current.ends" (index $kept "next.ends") "previous.crt" (index $kept "current.crt") -}}
  {{- $sign = true -}}
{{- else -}}
  {{- $state = $kept -}}
  {{- $limit := add $nowSeconds (mul (int .Values.certificates.renewBeforeDays) 86400) -}}
  {{- if and (lt (index $kept "current.ends" | int64) $limit) (not (hasKey $kept "next.crt")) -}}
    {{- $new := genCA $name $days -}}
    {{- $state = merge (dict "next.crt" $new.Cert "next.key" $new.Key "next.ends" (toString $endOfNew)) $kept -}}
  {{- end -}}
{{- end -}}
{{- $trusted := index $state "current.crt" -}}
{{- range $other := list "next.crt" "previous.crt" -}}
{{- $trusted = printf "%s%s" $trusted (index $state $other | default "") -}}
{{- end -}}
{{- $pair := dict -}}
{{- if $sign -}}
  {{- $authority := buildCustomCert (index $state "current.crt" | b64enc) (index $state "current.key" | b64enc) -}}
  {{- $host := printf "%s.%s.svc" $name .Release.Namespace -}}
  {{- $signed := genSignedCertWithKey $host nil (list $host (printf "%s.cluster.local" $host)) $days $authority (genPrivateKey "ecdsa") -}}
  {{- $pair = dict "tls.crt" $signed.Cert "tls.key" $signed.Key -}}
{{- else -}}
  {{- $pair = dict "tls.crt" (index $serving "tls.crt" | b64dec) "tls.key" (index $serving "tls.key" | b64dec) -}}
{{- end -}}
{{- $_ := set .Values "madeCertificates" (dict "authority" $state "trusted" $trusted "serving" $pair) -}}
{{- end -}}
{{- end -}}

{{- define "trusted" -}}
{{- include "certificates" . -}}
{{- .Values.madeCertificates.trusted -}}
{{- end -}}
