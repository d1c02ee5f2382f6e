{{- define "sallyport.name" -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: sallyport
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sallyport.labels" -}}
{{ include "sallyport.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sallyport.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}

{{- define "sallyport.keys" -}}{{ .Values.keys.secret | default (printf "%s-keys" (include "sallyport.name" .)) }}{{- end }}

{{- define "sallyport.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* sallyport.yaml: what the chart knows, under what the user says. */}}
{{- define "sallyport.config" -}}
{{- $listen := dict "proxy" "0.0.0.0:8443" "forward" "0.0.0.0:3128" "api" "0.0.0.0:9003" "metrics" "0.0.0.0:9464" "extproc" (ternary "unix:/run/sallyport/extproc.sock" "0.0.0.0:9002" .Values.envoy.enabled) -}}
{{- $state := dict "kind" "embedded" "dir" "/data" -}}
{{- if eq .Values.state.kind "bundled" -}}
{{- $state = dict "kind" "redis" "url" (printf "redis://%s-redis:6379" (include "sallyport.name" .)) -}}
{{- else if eq .Values.state.kind "redis" -}}
{{- $state = dict "kind" "redis" "url" .Values.state.url -}}
{{- if .Values.state.passwordSecret.name -}}{{- $_ := set $state "password" "env:SALLYPORT_REDIS_PASSWORD" -}}{{- end -}}
{{- end -}}
{{- $forward := dict "identity" .Values.forward.identity "tunnels" .Values.forward.tunnels -}}
{{- $own := dict "listen" $listen "state" $state "keys" "/run/sallyport/keys" "policy" "/etc/sallyport/policy/policy.yaml" "audit" (dict "dir" "/data/audit") "recording" (dict "dir" "/data/recordings") "forward" $forward -}}
{{- if .Values.envoy.enabled -}}
{{- $_ := set $own "tls" (dict "certificate" "file:/etc/sallyport/tls/tls.crt" "key" "file:/etc/sallyport/tls/tls.key") -}}
{{- $_ := set $forward "tls" (dict "certificate" "file:/etc/sallyport/forward-tls/tls.crt" "key" "file:/etc/sallyport/forward-tls/tls.key") -}}
{{- else -}}
{{- $pair := dict "certificate" "file:/etc/sallyport/extproc-tls/tls.crt" "key" "file:/etc/sallyport/extproc-tls/tls.key" -}}
{{- /* Never opened here: Envoy's key is in Envoy's Secret alone, and these are the paths at which it finds it. */ -}}
{{- $envoy := dict "certificate" "file:/etc/sallyport/envoy-tls/tls.crt" "key" "file:/etc/sallyport/envoy-tls/tls.key" -}}
{{- $_ := set $own "fleet" (dict "tls" (dict "authority" "file:/etc/sallyport/extproc-tls/ca.crt" "processor" $pair "envoy" $envoy)) -}}
{{- end -}}
{{- mustMergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end }}
