#!/usr/bin/env bash
# Usage: findings/undici-instrumentation-sends-the-original-method-of-every-request.sh
#
# With:      @opentelemetry/instrumentation-undici 0.34.0, sdk-trace 3.0.0
# Expected:  http.request.method_original is on a span only where it differs from http.request.method, as the
#            conventions have it and as the instrumentation of node:http does it.
# Actual:    every client span carries both, alike.
# Seen:      GET GET
# Source:    onRequestCreated in the instrumentation's dist/undici.cjs
#            https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client
# Fails if that changes.
set -Eeuo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.10.0 @opentelemetry/core@3.0.0 \
  @opentelemetry/resources@3.0.0 @opentelemetry/sdk-trace@3.0.0 @opentelemetry/instrumentation@0.300.0 \
  @opentelemetry/instrumentation-undici@0.34.0

cat >program.cjs <<'JS'
const { trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);
new UndiciInstrumentation();

const server = require('node:http').createServer((request, response) => response.end('x'));
server.listen(0, async () => {
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
  while (exporter.getFinishedSpans().length === 0) await new Promise(setImmediate);
  const { attributes } = exporter.getFinishedSpans()[0];
  console.log(attributes['http.request.method'], attributes['http.request.method_original']);
  process.exit();
});
JS

seen=$(node program.cjs)
printf '%s\n' "$seen"
[[ $seen == 'GET GET' ]]
