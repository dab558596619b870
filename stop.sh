#!/usr/bin/env bash
# Usage: ./stop.sh [--reset]      stops the shop; with --reset also deletes its data and logs (./vitrine down)
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/vitrine" down "$@"
