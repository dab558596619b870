#!/usr/bin/env bash
# Usage: ./test_traces.sh      opens 100 pages of the running shop in ten seconds, and shows their traces in Jaeger, by
#                              service; exit status 1 if a request fails or a trace is not whole
set -Eeuo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/scripts/node.sh" lab/src/test-traces.ts "$@"
