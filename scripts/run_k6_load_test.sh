#!/usr/bin/env bash
# Usage: scripts/run_k6_load_test.sh [--fast]
#
# Lets k6 open 400 pages, of which the shop is made to fail one in ten, proves in the backends that the alert fires, and
# writes a post-mortem. Exit status: 0 passed, 1 failed, 3 void (the shop was not healthy before).
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../vitrine" scenario load "$@"
