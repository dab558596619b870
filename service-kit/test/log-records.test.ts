import { logs } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { expect, test } from 'vitest';
import { captureLog } from './captured-log';

const exporter = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(
  new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
);

test('When an error is logged, then its record has its code as type, and the stacks of its causes', () => {
  const cause = new TypeError('refused by ada@example.com');
  const error = Object.assign(new Error('no answer', { cause }), { code: 'ECONNREFUSED' });
  captureLog().logger.error({ err: error, 'user.id': 7, password: 'canary' }, 'not saved');
  expect(exporter.getFinishedLogRecords()).toMatchObject([
    {
      ...{ severityNumber: 17, severityText: 'error', body: 'not saved' },
      attributes: {
        'user.id': 7,
        password: '[redacted]',
        'exception.type': 'ECONNREFUSED',
        'exception.message': 'no answer',
        'exception.stacktrace': expect.stringMatching(
          /^Error: no answer\n.*Caused by: TypeError: refused by \[redacted\]\n/s,
        ),
      },
    },
  ]);
});
