#!/usr/bin/env bash
# Usage: scripts/node.sh <file.ts> [arguments]
#
# Runs a TypeScript file, given by its path from the root of this repository, with Node 24 or newer. First installs the
# packages of package-lock.json when they are missing or outdated.
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
modules=$root/node_modules

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

is_outdated() {
  [[ ! -e $modules/.package-lock.json || $root/package-lock.json -nt $modules/.package-lock.json ]]
}

install() {
  # flock(1), where there is one, keeps a second installation waiting.
  ! command -v flock >/dev/null || flock 9
  is_outdated || return 0
  command -v npm >/dev/null || fail 'npm is missing. Install Node 24 with npm (https://nodejs.org), then try again.'
  echo 'Installing the packages of package-lock.json (npm ci; half a minute) …' >&2
  said=$(npm --prefix "$root" ci --loglevel=error 2>&1) || fail "$said" 'npm ci failed; nothing was started.'
}

if is_outdated; then install 9<"$root/package-lock.json"; fi

# The optional packages provide a Node for machines whose own is too old.
for node in node "$modules/.bin/node"; do
  version=$("$node" --version 2>/dev/null) || continue
  found=${found:-$version}
  major=${version#v}
  if ((${major%%.*} >= 24)); then exec "$node" "$root/$1" "${@:2}"; fi
done
fail "Node 24 or newer is needed, and this machine has ${found:-none}. See https://nodejs.org"
