import { createHistogram } from './instruments';
import { type Logger, logEvent } from './logger';
import { logs, metrics, SLOW_STATEMENT_MS, spans } from './registry/kit';
import { markFailed, startSpan } from './spans';

const duration = createHistogram(metrics.statementDuration);

interface Watched {
  host: string;
  port: number;
  schema: string;
  logger: Logger | undefined;
}

/**
 * Runs statements of one schema: each in a span, and timed. The slow are marked and logged. Of a statement there is its
 * text: values are no part of it.
 * Source: https://opentelemetry.io/docs/specs/semconv/database/mysql/
 */
export function watchStatements({ host, port, schema, logger }: Watched) {
  const where = { 'db.system.name': 'mysql', 'db.namespace': schema } as const;
  const server = { 'server.address': host, 'server.port': port };

  return async <Result>(sql: string, run: () => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    const verb = sql.slice(0, sql.search(/\W|$/));
    const operation = { ...where, 'db.operation.name': verb };
    const span = startSpan(spans.statement, verb, { ...operation, ...server, 'db.query.text': sql });
    let failure: { 'error.type': string } | undefined;
    try {
      return await run();
    } catch (error) {
      failure = { 'error.type': markFailed(span, error) };
      throw error;
    } finally {
      const milliseconds = performance.now() - startedAt;
      if (milliseconds >= SLOW_STATEMENT_MS) {
        span.setAttribute('vitrine.db.slow', true);
        if (logger) {
          logEvent(logger, logs.slowStatement, {
            'db.namespace': schema,
            'db.query.text': sql.replace(/\s+/g, ' '),
            duration_ms: Math.round(milliseconds),
          });
        }
      }
      span.end();
      duration.record(milliseconds / 1000, { ...operation, ...failure });
    }
  };
}

export type StatementWatch = ReturnType<typeof watchStatements>;
