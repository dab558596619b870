#!/usr/bin/env bash
# Usage: ./start.sh [--docker | --native]      starts the shop and prints its address (./vitrine up)
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/vitrine" up "$@"
