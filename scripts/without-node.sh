#!/usr/bin/env bash
# Usage: scripts/without-node.sh up | down [--reset] | status | logs [part]
#
# Does the work of ./vitrine on machines with Docker but without Node: makes the secrets and runs the containers of
# docker-compose.yml.
set -Eeuo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$root/.vitrine
env_file=$root/.env
# The folder by which Docker knows this shop.
folder=$root
project=vitrine
if [[ -n ${VITRINE_HOME:-} ]]; then
  home=$(cd -P . && mkdir -p "$VITRINE_HOME" && CDPATH='' cd "$VITRINE_HOME" && pwd)
  env_file=$home/.env
  [[ $home == "$root/.vitrine" ]] || folder=$home
fi

# Whether there is no such path. One that this user may not see counts as there.
is_gone() {
  local parent=$1
  [[ ! -e $1 ]] || return 1
  until [[ -e $parent ]]; do parent=$(dirname "$parent"); done
  [[ ! -d $parent || -x $parent ]]
}

# What ./vitrine remembers of the last start.
record=$home/run/shop.json
remembered=
[[ ! -r $record ]] || remembered=$(<"$record")
# A folder that was moved since the first start keeps its name.
if [[ $remembered =~ \"folder\":\"([^\"]*)\" ]] && is_gone "${BASH_REMATCH[1]}"; then folder=${BASH_REMATCH[1]}; fi
if [[ $home != "$root/.vitrine" ]]; then
  project+=$(printf %s "$folder" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-')
fi

fail() {
  printf '%s\n' "$@" >&2
  exit 2
}

compose() {
  docker compose --project-name "$project" --project-directory "$root" --env-file "$env_file" "$@"
}

# Prints the field of each of the project's containers or volumes.
of_project() {
  docker "$1" ls "${@:3}" --filter "label=com.docker.compose.project=$project" --format "{{$2}}"
}

# Prints the folders of the shops whose volumes, or else whose containers, are in the project.
owners() {
  local labelled
  labelled=$(of_project volume '.Label "vitrine.folder"') || return
  if [[ -n ${labelled//[[:space:]]/} || $project != vitrine ]]; then
    printf '%s\n' "$labelled"
  else
    of_project container '.Label "com.docker.compose.project.working_dir"' --all
  fi
}

refuse_other_owner() {
  local found owner way_out='To delete that shop and its data: ./stop.sh --reset there.'
  found=$(owners)
  while read -r owner; do
    [[ -n $owner && $owner != "$folder" && ! $owner -ef $folder ]] || continue
    if is_gone "$owner"; then
      owner+=', which is no longer there'
      way_out="To delete it and its data: docker compose --project-name $project down --volumes"
    fi
    fail "The containers and volumes of the Compose project $project are those of the shop in $owner. $way_out" \
      'To have a shop beside it: VITRINE_HOME=/a/new/folder ./start.sh'
  done <<<"$found"
}

# The data of native mode is not in Docker.
refuse_native_home() {
  [[ $remembered == *'"mode":"native"'* && -z $(of_project container .ID --all) ]] || return 0
  fail 'The shop of this home runs without Docker, which needs Node 24 with npm (https://nodejs.org).' \
    './start.sh --docker opens another one in Docker, with data of its own.'
}

# Without containers, volumes that an earlier version or plain Compose made do not tell whose they are.
refuse_nobodys_volumes() {
  [[ $project == vitrine && -n $(of_project volume .Name) ]] && ! owners | grep -q . || return 0
  fail "The volumes of the Compose project $project do not say whose they are. If they are this shop's, ./start.sh" \
    'opens it with them; after that ./stop.sh --reset deletes them.'
}

# Creates the missing volumes, labelled as this shop's; Compose takes them as its own. When two clones do so at once, the
# one that makes the first volume has the project.
claim_volumes() {
  local volume
  compose config --volumes | sort | while read -r volume; do
    ! of_project volume .Name | grep -qx "${project}_$volume" || continue
    docker volume create --label "com.docker.compose.project=$project" --label "com.docker.compose.volume=$volume" \
      --label "vitrine.folder=$folder" "${project}_$volume" >/dev/null
    refuse_other_owner
  done
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

# Takes all containers away, with those of `docker compose run`.
down() {
  compose down --remove-orphans "$@"
}

# Stops the containers when `up` fails and the shop was down before.
stop_again() {
  echo 'Stopping what was started …'
  down
}

up() {
  make_secrets
  open_mounts
  echo 'Starting the shop in Docker; the first time takes some minutes …'
  compose --progress quiet build
  claim_volumes
  if [[ -z $(compose ps --quiet) ]]; then
    trap stop_again EXIT
    trap 'exit 130' INT TERM HUP
  fi
  compose up --detach --wait --quiet-pull || {
    compose logs --tail 5 >&2
    exit 1
  }
  trap - EXIT
  [[ -z $remembered ]] || printf %s "${remembered/'"mode":"native"'/'"mode":"docker"'}" >"$record"
  echo "The shop is open: http://$(compose port frontend 5000)"
  echo "  grafana (admin / admin)  http://$(compose port grafana 3000)"
  echo "  jaeger                   http://$(compose port jaeger 16686)"
  echo 'The other commands of ./vitrine need Node 24 with npm (https://nodejs.org).'
}

docker compose version >/dev/null 2>&1 || fail 'Install Docker with Compose, or Node 24 with npm (https://nodejs.org).'
[[ -z ${PORT_OFFSET:-} ]] || fail 'Without Node, set FRONTEND_PORT and the others of .env.example instead of PORT_OFFSET.'
refuse_other_owner
[[ $* == 'up --docker' ]] || refuse_native_home
case "$*" in
  up | 'up --docker') up ;;
  down) down ;;
  'down --reset')
    refuse_nobodys_volumes
    down --volumes
    ;;
  status) compose ps --all ;;
  logs*) compose logs "${@:2}" ;;
  *) fail "./vitrine $* needs Node 24 with npm: https://nodejs.org" ;;
esac
