#!/usr/bin/env bash
# Usage: ./test_traces.sh      opens 100 pages of the running shop in ten seconds, then prints their traces' timings by
#                              service; exit status 1 if a request fails or a trace is incomplete
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/scripts/node.sh" lab/src/test-traces.ts "$@"
