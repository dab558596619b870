#!/usr/bin/env bash
# Usage: scripts/without-node.sh up | down [--reset] | status | logs [part]
#
# Does the work of ./vitrine on machines with Docker but without Node: makes the secrets and runs the containers of
# docker-compose.yml.
set -Eeuo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
env_file=$root/.env
project=vitrine
if [[ -n ${VITRINE_HOME:-} ]]; then
  home=$(cd -P . && mkdir -p "$VITRINE_HOME" && CDPATH='' cd "$VITRINE_HOME" && pwd)
  env_file=$home/.env
  if [[ $home != "$root/.vitrine" ]]; then
    project+=$(printf %s "$home" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-')
  fi
fi

fail() {
  printf '%s\n' "$@" >&2
  exit 2
}

compose() {
  docker compose --project-name "$project" --project-directory "$root" --env-file "$env_file" "$@"
}

# Adds missing secrets to .env and changes none.
make_secrets() {
  local name secret
  touch "$env_file"
  chmod 600 "$env_file"
  [[ -z $(tail -c 1 "$env_file") ]] || echo >>"$env_file"
  for name in SESSION_SECRET {USER,PRODUCT,ORDER,SESSION}_DB_{,MIGRATION_}PASSWORD DB_ROOT_PASSWORD; do
    grep -q "^$name=." "$env_file" && continue
    secret=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
    printf '%s=%s\n' "$name" "$secret" >>"$env_file"
  done
}

# Lets everybody read what docker-compose.yml mounts: containers are other users, and a umask may have shut them out.
open_mounts() {
  local path
  grep -o '\./[^:" ]*:/' "$root/docker-compose.yml" | while IFS=: read -r path _; do
    chmod -R go+rX "$root/$path" 2>/dev/null || true
  done
}

# Stops the containers when `up` fails and the shop was down before.
stop_again() {
  echo 'Stopping what was started …'
  compose down
}

up() {
  make_secrets
  open_mounts
  echo 'Starting the shop in Docker; the first time takes some minutes …'
  compose --progress quiet build
  if [[ -z $(compose ps --quiet) ]]; then
    trap stop_again EXIT
    trap 'exit 130' INT TERM HUP
  fi
  compose up --detach --wait --quiet-pull || {
    compose logs --tail 5 >&2
    exit 1
  }
  trap - EXIT
  echo "The shop is open: http://$(compose port frontend 5000)"
  echo "  grafana (admin / admin)  http://$(compose port grafana 3000)"
  echo "  jaeger                   http://$(compose port jaeger 16686)"
  echo 'The other commands of ./vitrine need Node 24 with npm (https://nodejs.org).'
}

docker compose version >/dev/null 2>&1 || fail 'Install Docker with Compose, or Node 24 with npm (https://nodejs.org).'
[[ -z ${PORT_OFFSET:-} ]] || fail 'Without Node, set FRONTEND_PORT and the others of .env.example instead of PORT_OFFSET.'
case "$*" in
  up | 'up --docker') up ;;
  down) compose down ;;
  'down --reset') compose down --volumes ;;
  status) compose ps --all ;;
  logs*) compose logs "${@:2}" ;;
  *) fail "./vitrine $* needs Node 24 with npm: https://nodejs.org" ;;
esac
