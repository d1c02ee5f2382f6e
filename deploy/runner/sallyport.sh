#!/bin/sh
# Gives a CI job its identity at Sallyport, and tells every client on this machine where the gateway is.
# Needs sh, curl, sed and date alone. Nothing secret is printed, and nothing is left but files for this user.
#
#   sallyport.sh env [FILE]   writes NAME=VALUE lines (to $GITHUB_ENV, a dotenv file, or standard output)
#   sallyport.sh export       the same for a shell: job=$(sallyport.sh export) && eval "$job"
#   sallyport.sh token        prints the session token; a new one where the old has less than ten minutes left
#   sallyport.sh watch        keeps the token file and git fresh until it is ended
#
# Told by: SALLYPORT_GATEWAY=https://gateway.example, or SALLYPORT_FORWARD=http://gateway.example:3128 for the forward
# proxy; SALLYPORT_CA=FILE where the certificate is of an internal authority; SALLYPORT_AUDIENCE (sallyport); the
# identity from GitHub Actions (permissions: id-token: write), or SALLYPORT_ID_TOKEN (GitLab and others).
# SALLYPORT_EXCHANGE=URL names the token exchange where it is not the gateway's own /oauth2/token.
set -eu
umask 077

fail() { echo "sallyport: $1" >&2; exit 1; }
dir=${SALLYPORT_DIR:-${RUNNER_TEMP:-${TMPDIR:-/tmp}}/sallyport-$(id -u)}
mkdir -p "$dir"
[ -O "$dir" ] || fail "$dir belongs to somebody else"
gateway=${SALLYPORT_GATEWAY:-}
forward=${SALLYPORT_FORWARD:-}
[ -n "$gateway$forward" ] || fail "set SALLYPORT_GATEWAY or SALLYPORT_FORWARD"
gateway=${gateway%/}
exchange=${SALLYPORT_EXCHANGE:-${gateway:+$gateway/oauth2/token}}
[ -n "$exchange" ] || fail "set SALLYPORT_EXCHANGE: a forward proxy alone exchanges no token"
minutes_left=10

# The system's authorities and ours in one file: most clients take one list only.
bundle() {
  [ -n "${SALLYPORT_CA:-}" ] || return 0
  [ -r "$SALLYPORT_CA" ] || fail "$SALLYPORT_CA cannot be read"
  for roots in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ -r "$roots" ] && break
  done
  { cat "$roots" 2>/dev/null || true; echo; cat "$SALLYPORT_CA"; } > "$dir/bundle.pem"
}

# curl reads what is secret from a file, never from its arguments, which every process may see.
ask() {
  if [ -s "$dir/bundle.pem" ]; then curl --silent --show-error --fail-with-body --max-time 30 --noproxy '*' --cacert "$dir/bundle.pem" "$@"
  else curl --silent --show-error --fail-with-body --max-time 30 --noproxy '*' "$@"; fi
}

field() { sed -n 's/.*"'"$1"'" *: *"\{0,1\}\([^",}]*\).*/\1/p'; }

id_token() {
  if [ -n "${SALLYPORT_ID_TOKEN:-}" ]; then printf '%s' "$SALLYPORT_ID_TOKEN"; return; fi
  [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || fail "this job has no identity: give it permissions: id-token: write, or set SALLYPORT_ID_TOKEN"
  printf 'header = "Authorization: Bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" > "$dir/actions.curl"
  ask --config "$dir/actions.curl" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${SALLYPORT_AUDIENCE:-sallyport}" | field value
  rm -f "$dir/actions.curl"
}

renew() {
  subject=$(id_token)
  [ -n "$subject" ] || fail "there is no id token to exchange"
  printf '%s' "$subject" > "$dir/subject"
  answer=$(ask --data grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    --data subject_token_type=urn:ietf:params:oauth:token-type:id_token \
    --data-urlencode "subject_token@$dir/subject" "$exchange") || fail "the exchange said no: $(printf '%s' "$answer" | field error_description)"
  rm -f "$dir/subject"
  token=$(printf '%s' "$answer" | field access_token)
  seconds=$(printf '%s' "$answer" | field expires_in)
  [ -n "$token" ] && [ -n "$seconds" ] || fail "the exchange gave no token"
  printf '%s' "$token" > "$dir/token.new"
  mv "$dir/token.new" "$dir/token"
  echo "$exchange" > "$dir/exchange"
  echo $(($(date +%s) + seconds)) > "$dir/expires"
}

# Of this gateway: a token that another one gave is unknown here.
fresh() {
  [ "$(cat "$dir/exchange" 2>/dev/null)" = "$exchange" ] && [ -s "$dir/token" ] && [ -s "$dir/expires" ] && [ "$(cat "$dir/expires")" -gt $(($(date +%s) + minutes_left * 60)) ]
}

# The token is read at each use, so that a job may outlive it.
git_config() {
  cat > "$dir/gitconfig" <<CONFIG
[url "$gateway/"]
	insteadOf = https://github.com/
	insteadOf = git@github.com:
	insteadOf = ssh://git@github.com/
[credential "$gateway"]
	helper =
	helper = "!f() { test \"\$1\" = get && echo username=job && printf 'password=' && cat '$dir/token' && echo; }; f"
CONFIG
  [ ! -s "$dir/bundle.pem" ] || printf '[http "%s/"]\n\tsslCAInfo = %s\n' "$gateway" "$dir/bundle.pem" >> "$dir/gitconfig"
}

java_store() {
  command -v keytool >/dev/null 2>&1 && [ -n "${SALLYPORT_CA:-}" ] || return 0
  store=$dir/authorities.p12
  [ -s "$store" ] && [ "$store" -nt "$SALLYPORT_CA" ] || {
    rm -f "$store"
    home=$(dirname "$(dirname "$(readlink -f "$(command -v keytool)")")")
    [ ! -r "$home/lib/security/cacerts" ] || cp "$home/lib/security/cacerts" "$store"
    chmod 600 "$store" 2>/dev/null || true
    keytool -importcert -noprompt -alias sallyport -storepass changeit -keystore "$store" -file "$SALLYPORT_CA" >/dev/null 2>&1 || return 0
  }
  printf -- '-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=changeit' "$store"
}

# Every client's own names. A forward proxy's clients get placeholders: their true credential is put in behind them.
variables() {
  token=$(cat "$dir/token")
  java=$(java_store)
  echo "SALLYPORT_TOKEN=$token"
  echo "SALLYPORT_TOKEN_FILE=$dir/token"
  if [ -n "$forward" ]; then
    authority=${forward#*://}
    authority=${authority%/}
    proxy="http://job:$token@$authority"
    for name in HTTPS_PROXY https_proxy; do echo "$name=$proxy"; done
    echo "NODE_USE_ENV_PROXY=1"
    for name in GH_TOKEN GITHUB_TOKEN COPILOT_GITHUB_TOKEN; do echo "$name=ghs_placeholder"; done
    # Java reads no HTTPS_PROXY, and shows no credentials on a CONNECT unless it is allowed to.
    java="$java -Dhttps.proxyHost=${authority%:*} -Dhttps.proxyPort=${authority##*:} -Djdk.http.auth.tunneling.disabledSchemes="
  else
    git_config
    echo "GH_HOST=${gateway#https://}"
    echo "GH_ENTERPRISE_TOKEN=$token"
    echo "GITHUB_API_URL=$gateway/api/v3"
    echo "GITHUB_GRAPHQL_URL=$gateway/api/graphql"
    # The contract of GitHub's agent firewall: one URL, and a token that is nothing elsewhere.
    echo "COPILOT_GITHUB_TOKEN=$token"
    echo "COPILOT_API_URL=$gateway/copilot"
    echo "COPILOT_DEBUG_GITHUB_API_URL=$gateway/api/v3"
    if [ "${SALLYPORT_COPILOT:-}" = provider ]; then
      echo "COPILOT_PROVIDER_BASE_URL=$gateway/copilot"
      echo "COPILOT_PROVIDER_BEARER_TOKEN=$token"
    fi
    echo "GIT_CONFIG_COUNT=1"
    echo "GIT_CONFIG_KEY_0=include.path"
    echo "GIT_CONFIG_VALUE_0=$dir/gitconfig"
  fi
  if [ -s "$dir/bundle.pem" ]; then
    echo "NODE_EXTRA_CA_CERTS=$SALLYPORT_CA"
    for name in SSL_CERT_FILE GIT_SSL_CAINFO CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT; do echo "$name=$dir/bundle.pem"; done
  fi
  [ -z "$java" ] || echo "JAVA_TOOL_OPTIONS=$java"
}

bundle
case "${1:-}" in
  env)
    fresh || renew
    # GitHub's runner masks the value in every later line of the job's log.
    [ -z "${GITHUB_ACTIONS:-}" ] || echo "::add-mask::$(cat "$dir/token")"
    if [ -n "${2:-}" ]; then variables >> "$2"; else variables; fi
    ;;
  export)
    fresh || renew
    # Single quotes: nothing in a value is read by the shell, and a value may hold spaces.
    variables | sed "s/'/'\\\\''/g; s/=/='/; s/\$/'/; s/^/export /"
    ;;
  token)
    fresh || renew
    cat "$dir/token"
    echo
    ;;
  watch)
    while :; do
      # A gateway that is out of reach for a while is asked again: there are ten minutes for that.
      fresh || (renew) || echo "sallyport: the token was not renewed; trying again" >&2
      sleep "${SALLYPORT_EVERY:-60}"
    done
    ;;
  *) fail "say env, export, token or watch" ;;
esac
