#!/usr/bin/env bash
# Usage: scripts/test_crash_scenario.sh [--fast]
#
# Kills product-service under traffic, proves in the backends what that does, repairs it, and writes a post-mortem.
# Exit status: 0 passed, 1 failed, 3 void (the shop was not healthy before).
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../vitrine" scenario crash "$@"
