#!/usr/bin/env bash
# Usage: scripts/validate_all_observability.sh [--json | --watch]
#
# Visits the running shop, and checks its parts, telemetry, dashboards and rules in the backends. Exit status 1 if one
# of the checks fails.
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../vitrine" verify "$@"
