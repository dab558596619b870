#!/usr/bin/env bash
# Usage: findings/sdk-node-ranks-resource-detectors-by-the-order-of-their-names.sh
#
# With:      @opentelemetry/sdk-node 0.300.0, resources 3.0.0
# Expected:  OTEL_NODE_RESOURCE_DETECTORS says which detectors run, in any order, and what an operator sets in
#            OTEL_RESOURCE_ATTRIBUTES prevails over what is detected, as it does with the default, "all".
# Actual:    the list is an order of precedence: each detector replaces what an earlier one found. The variable is itself
#            read by a detector, "env"; named first, it loses the host's name and the instance's id, and nothing says so.
# Seen:      all: service.instance.id=shop-1 host.name=shop team=a
#            env,host,serviceinstance: service.instance.id=replaced host.name=replaced team=a
#            host,serviceinstance,env: service.instance.id=shop-1 host.name=shop team=a
# Source:    getResourceDetectorsFromEnv in sdk-node's dist/utils.cjs; detectResources in resources' dist/detect-resources.cjs
# Fails if that changes.
set -Eeuo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.10.0 @opentelemetry/sdk-node@0.300.0 \
  @opentelemetry/sdk-trace@3.0.0

cat >program.cjs <<'JS'
const { trace } = require('@opentelemetry/api');
const { NodeSDK } = require('@opentelemetry/sdk-node');

let seen;
const spanProcessor = {
  onStart: (span) => { seen = span.resource; },
  onEnd: () => undefined,
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
new NodeSDK({ spanProcessors: [spanProcessor], metricReaders: [], logRecordProcessors: [] }).start();
trace.getTracer('shop').startSpan('visit').end();
const given = { 'service.instance.id': 'shop-1', 'host.name': 'shop', team: 'a' };
const show = ([name, value]) => `${name}=${seen.attributes[name] === value ? value : 'replaced'}`;
console.log(`${process.env.OTEL_NODE_RESOURCE_DETECTORS}:`, Object.entries(given).map(show).join(' '));
process.exit();
JS

seen=$(for detectors in all env,host,serviceinstance host,serviceinstance,env; do
  OTEL_NODE_RESOURCE_DETECTORS=$detectors OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none \
    OTEL_RESOURCE_ATTRIBUTES=service.instance.id=shop-1,host.name=shop,team=a node program.cjs
done)
expected='all: service.instance.id=shop-1 host.name=shop team=a
env,host,serviceinstance: service.instance.id=replaced host.name=replaced team=a
host,serviceinstance,env: service.instance.id=shop-1 host.name=shop team=a'
printf '%s\n' "$seen"
[[ $seen == "$expected" ]]
