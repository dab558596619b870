#!/usr/bin/env bash
# Usage: findings/http-instrumentation-erases-the-status-message-of-a-span.sh
#
# With:      @opentelemetry/instrumentation-http 0.300.0, sdk-trace 3.0.0
# Expected:  a handler that marks the request's span as failed, with a message, finds the message in its backend.
# Actual:    when the answer closes, the instrumentation sets the status again, by its HTTP status and without a message,
#            and the SDK takes the last status whole. A 500 loses its message; a 200 keeps its error.
# Seen:      500 {"code":2}
#            200 {"code":2,"message":"out of stock"}
# Source:    _onServerResponseFinish in the instrumentation's dist/http.cjs; setStatus in the SDK's dist/Span.cjs
# Fails if that changes.
set -Eeuo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.10.0 @opentelemetry/core@3.0.0 \
  @opentelemetry/resources@3.0.0 @opentelemetry/sdk-trace@3.0.0 @opentelemetry/instrumentation@0.300.0 \
  @opentelemetry/instrumentation-http@0.300.0 @opentelemetry/context-async-hooks@3.0.0

cat >program.cjs <<'JS'
const { context, trace, SpanStatusCode } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);
new HttpInstrumentation({ disableOutgoingRequestInstrumentation: true });
const http = require('node:http');

const server = http.createServer((request, response) => {
  trace.getActiveSpan().setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
  response.writeHead(Number(request.url.slice(1))).end();
});
server.listen(0, async () => {
  for (const status of [500, 200]) {
    exporter.reset();
    await fetch(`http://127.0.0.1:${server.address().port}/${status}`);
    while (exporter.getFinishedSpans().length === 0) await new Promise(setImmediate);
    console.log(status, JSON.stringify(exporter.getFinishedSpans()[0].status));
  }
  process.exit();
});
JS

expected='500 {"code":2}
200 {"code":2,"message":"out of stock"}'
seen=$(node program.cjs)
printf '%s\n' "$seen"
[[ $seen == "$expected" ]]
