#!/usr/bin/env bash
# Usage: findings/pino-instrumentation-makes-a-buffer-of-each-line-to-parse-it.sh
#
# With:      @opentelemetry/instrumentation-pino 0.70.0, pino 10.4.0
# Expected:  the stream that turns log lines into log records parses the strings that pino writes.
# Actual:    it is a Writable with the default decodeStrings: true, so each line is encoded as UTF-8 into a buffer, which
#            JSON.parse then decodes into a string again.
# Seen:      a buffer is parsed
# Source:    OTelPinoStream in the instrumentation's dist/log-sending-utils.cjs
#            https://nodejs.org/api/stream.html#new-streamwritableoptions
# Fails if that changes.
set -Eeuo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.10.0 @opentelemetry/core@3.0.0 \
  @opentelemetry/instrumentation@0.300.0 @opentelemetry/instrumentation-pino@0.70.0 pino@10.4.0

cat >program.cjs <<'JS'
const { PinoInstrumentation } = require('@opentelemetry/instrumentation-pino');
new PinoInstrumentation();
const { pino } = require('pino');

const logger = pino({ base: null }, { write: () => undefined });
const { parse } = JSON;
JSON.parse = (line) => {
  console.log(`a ${Buffer.isBuffer(line) ? 'buffer' : typeof line} is parsed`);
  return parse(line);
};
logger.info('a line');
JS

seen=$(node program.cjs)
printf '%s\n' "$seen"
[[ $seen == 'a buffer is parsed' ]]
