#!/usr/bin/env bash
# Usage: scripts/without-node.sh up | down [--reset] | status | logs [part]
#
# Does the work of ./vitrine on machines with Docker but without Node: makes the secrets and runs the containers of
# docker-compose.yml.
set -Eeuo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$root/.vitrine
env_file=$root/.env
# The shop's folder.
present=$root
project=vitrine
if [[ -n ${VITRINE_HOME:-} ]]; then
  home=$(cd -P . && mkdir -p "$VITRINE_HOME" && CDPATH='' cd "$VITRINE_HOME" && pwd)
  env_file=$home/.env
  [[ $home == "$root/.vitrine" ]] || present=$home
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
# The folder by which Docker knows this shop. One that was moved since the first start keeps its name; a name that JSON
# escapes is not read.
folder=$present
if [[ $remembered =~ \"folder\":\"([^\"\\]*)\" ]] && is_gone "${BASH_REMATCH[1]}"; then folder=${BASH_REMATCH[1]}; fi
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

# The id by which a shop is told from others, also after it was moved.
shop_id() {
  [[ ! -r $env_file ]] || sed -n 's/^SHOP_ID=//p' "$env_file" | tail -n 1 | tr -d "\"'\r"
}

# Prints the id and the folder of the shop that took the project, or else - and the clones whose containers are in it.
owners() {
  local claim
  claim=$(of_project volume '.Label "vitrine.shop"}} {{.Label "vitrine.folder"' --filter label=vitrine.shop) || return
  if [[ -n ${claim//[[:space:]]/} || $project != vitrine ]]; then
    printf '%s\n' "$claim"
  else
    of_project container '.Label "com.docker.compose.project.working_dir"' --all | sed 's/^./- &/'
  fi
}

# Whether these are the id and the folder of this shop. One that was moved keeps its id, and so does a copy, which is
# another shop while the first is in its folder.
is_this_shop() {
  if [[ $1 == - ]]; then
    [[ $2 == "$folder" || $2 -ef $folder ]]
  else
    [[ $1 == "$(shop_id)" ]] && { [[ $2 == "$present" || $2 -ef $present ]] || is_gone "$2"; }
  fi
}

refuse_other_owner() {
  local found id owner whose way_out deletion="docker compose --project-name $project down --volumes"
  found=$(owners)
  while read -r id owner; do
    if [[ -z $owner ]] || is_this_shop "$id" "$owner"; then continue; fi
    whose="the shop in $owner"
    way_out='To delete that shop and its data: ./stop.sh --reset there.'
    if is_gone "$owner"; then
      whose+=', which is no longer there'
      way_out="To delete it and its data: $deletion"
    elif [[ $id != - && ($owner == "$present" || $owner -ef $present) ]]; then
      whose="another shop, which was in $owner before"
      way_out="To delete it and its data: $deletion"$'\n'
      way_out+="If it is this one, whose .env was lost: put SHOP_ID=$id into $env_file"
    fi
    fail "The containers and volumes of the Compose project $project are those of $whose. $way_out" \
      'To have a shop beside it: VITRINE_HOME=/a/new/folder ./start.sh'
  done <<<"$found"
}

# The data of native mode is not in Docker.
refuse_native_home() {
  [[ $remembered == *'"mode":"native"'* && -z $(of_project container .ID --all) ]] || return 0
  fail 'The shop of this home runs without Docker, which needs Node 24 with npm (https://nodejs.org).' \
    './start.sh --docker opens another one in Docker, with data of its own.'
}

# Volumes that an earlier version or plain Compose made do not tell whose they are.
refuse_nobodys_volumes() {
  [[ -n $(of_project volume .Name) ]] && ! owners | grep -q . || return 0
  fail "The volumes of the Compose project $project do not say whose they are. If they are this shop's, ./start.sh" \
    'opens it with them; after that ./stop.sh --reset deletes them.'
}

# Takes the project for this shop, by an empty volume, which Docker makes for one shop only: one that is there already
# stays as it is.
claim_project() {
  refuse_other_owner
  docker volume create --label "com.docker.compose.project=$project" --label com.docker.compose.volume=owner \
    --label "vitrine.shop=$(shop_id)" --label "vitrine.folder=$present" "${project}_owner" >/dev/null
  refuse_other_owner
}

# Folders of the shop's names in the home that are not the shop's stay untouched, as ./vitrine does it.
refuse_foreign_home() {
  local name
  [[ ! -e $home/vitrine-home.txt ]] || return 0
  for name in data logs run; do
    [[ ! -e $home/$name ]] || fail "$home/$name is not the shop's ($home has no vitrine-home.txt): set VITRINE_HOME to another folder."
  done
}

# Notes for later commands that the shop is in Docker, and forgets the settings of an earlier start.
remember() (
  umask 077
  mkdir -p "$home/run"
  echo "The shop keeps its data, logs and run files here. \`./stop.sh --reset\` deletes them." >"$home/vitrine-home.txt"
  printf '{"mode":"docker","folder":"%s","ports":{},"variables":{}}' "$(printf %s "$folder" | sed 's/["\\]/\\&/g')" \
    >"$record.new"
  mv "$record.new" "$record"
)

# Takes all containers away, with those of `docker compose run`. What ./vitrine remembers of the start holds until then.
down() {
  compose --profile load --profile alerting down --remove-orphans "$@"
  [[ $remembered != *'"mode":"docker"'* ]] || remember
}

# Adds missing secrets, and the SHOP_ID, to .env and changes none.
make_secrets() {
  local name secret
  touch "$env_file"
  chmod 600 "$env_file"
  [[ -z $(tail -c 1 "$env_file") ]] || echo >>"$env_file"
  for name in SESSION_SECRET {USER,PRODUCT,ORDER,SESSION}_DB_{,MIGRATION_}PASSWORD DB_ROOT_PASSWORD FAULT_TOKEN SHOP_ID; do
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
  compose --profile load --profile alerting down --remove-orphans
}

up() {
  refuse_foreign_home
  make_secrets
  open_mounts
  echo 'Starting the shop in Docker; the first time takes some minutes …'
  compose --progress quiet build
  claim_project
  if [[ -z $(compose ps --quiet) ]]; then
    trap stop_again EXIT
    trap 'exit 130' INT TERM HUP
  fi
  compose up --detach --wait --quiet-pull || {
    compose logs --tail 5 >&2
    exit 1
  }
  trap - EXIT
  remember
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
    docker volume rm --force "${project}_owner" >/dev/null
    ;;
  status) compose ps --all ;;
  logs*) compose logs "${@:2}" ;;
  *) fail "./vitrine $* needs Node 24 with npm: https://nodejs.org" ;;
esac
