#!/usr/bin/env bash
# Usage: ./scripts/test.sh [file …]      (npm test -- [file …])
#
# Runs every check and test, or the test files whose path holds one of the given words. Installs what they need:
# packages of package-lock.json, and from Debian or Ubuntu, as root, a database server, ShellCheck, Chromium and Alertmanager.
# The last line counts: "N passed, N failed".
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$PATH:/usr/local/sbin:/usr/sbin

missing=()
command -v mariadbd mysqld >/dev/null || missing+=(mariadb-server-core)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v alertmanager prometheus-alertmanager >/dev/null || missing+=(prometheus-alertmanager)

if ((${#missing[@]})); then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    echo "The tests need ${missing[*]}. Install what is missing, then try again: sudo $install" >&2
    exit 1
  fi
  echo "Installing ${missing[*]} (apt-get) …"
  export DEBIAN_FRONTEND=noninteractive
  # Alertmanager's package would start a service of the system.
  ! command -v systemctl >/dev/null || systemctl mask prometheus-alertmanager.service >/dev/null 2>&1 || true
  { apt-get update && $install; } >"${TMPDIR:-/tmp}/vitrine-apt.log" 2>&1 || {
    tail -n 20 "${TMPDIR:-/tmp}/vitrine-apt.log" >&2
    exit 1
  }
fi

exec "$root/scripts/node.sh" lab/src/test-run.ts "$@"
