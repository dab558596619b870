#!/usr/bin/env bash
# Usage: scripts/node.sh <file.ts> [arguments]
#
# Runs a TypeScript file, given by its path from the root of this repository, with Node 24 or newer. First installs the
# packages of package-lock.json when they are missing, incomplete or outdated.
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
modules=$root/node_modules

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# npm writes .package-lock.json last. packages.mjs compares it with package-lock.json when one of them is new, looks at
# every package, and lists the files that must be there from then on.
is_complete() {
  local file list=$modules/.vitrine-packages
  [[ -e $modules/.package-lock.json ]] || return 1
  if [[ ! -e $list || $modules/.package-lock.json -nt $list || $root/package-lock.json -nt $list ]]; then
    look_at_packages >/dev/null 2>&1
    return
  fi
  while read -r file; do [[ -e $root/$file ]] || return 1; done <"$list"
}

look_at_packages() {
  local node
  for node in node "$modules/.bin/node"; do
    command -v "$node" >/dev/null || continue
    "$node" "$root/scripts/packages.mjs" "$@"
    return
  done
}

# Whatever the environment and ~/.npmrc say, the same packages are installed. Only the settings of the way to the
# registry are kept: its address, proxies, certificates, passwords, the cache.
npm_ci() {
  local name kept='.*registry.*|.*proxy|.*auth.*|ca|cafile|cert|key|strict_ssl|cache|(user|global)config|fetch_.*'
  kept+='|.*offline|.*online|maxsockets|local_address'
  for name in $(compgen -e | grep -i '^npm_config_' | grep -viE "^npm_config_($kept)\$"); do unset "$name"; done
  # Without it, npm takes a package for installed although files of it may be missing.
  rm -f "$modules/.package-lock.json"
  npm ci --prefix "$root" --no-global --location=project --loglevel=error \
    --include=dev --include=optional --include=peer --no-legacy-peer-deps --no-strict-peer-deps --no-engine-strict \
    --install-strategy=hoisted --bin-links --no-package-lock-only --no-dry-run 2>&1
}

install() {
  # flock(1), where there is one, keeps a second installation waiting.
  ! command -v flock >/dev/null || flock 9
  ! is_complete || return 0
  command -v npm >/dev/null || fail 'npm is missing. Install Node 24 with npm (https://nodejs.org), then try again.'
  echo 'Installing the packages of package-lock.json (npm ci; half a minute) …' >&2
  said=$(npm_ci) || fail "$said" 'npm ci failed; nothing was started.'
  said=$(look_at_packages --installed 2>&1) || fail "$said" \
    'npm ci left this so; nothing was started. A setting of npm may be the cause (npm config list); else try again.'
}

is_complete || install 9<"$root/package-lock.json"

# The optional packages provide a Node for machines whose own is too old.
for node in node "$modules/.bin/node"; do
  version=$("$node" --version 2>/dev/null) || continue
  found=${found:-$version}
  major=${version#v}
  if ((${major%%.*} >= 24)); then exec "$node" "$root/$1" "${@:2}"; fi
done
fail "Node 24 or newer is needed, and this machine has ${found:-none}. See https://nodejs.org"
