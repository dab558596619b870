import { type Logger, logEvent } from '../logger';
import { logs, metrics, SLOW_STATEMENT_MS } from '../registry/kit';
import { createHistogram } from './instruments';
import { errorTypeOf } from './spans';

const duration = createHistogram(metrics.statementDuration);

/** Times the statements of one schema, and logs the slow ones by their text, of which values are no part. */
export function timeStatements(schema: string, logger: Logger | undefined) {
  return async <Result>(sql: string, run: () => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    let failure: { 'error.type': string } | undefined;
    try {
      return await run();
    } catch (error) {
      failure = { 'error.type': errorTypeOf(error) };
      throw error;
    } finally {
      const milliseconds = performance.now() - startedAt;
      if (logger && milliseconds >= SLOW_STATEMENT_MS) {
        logEvent(logger, logs.slowStatement, {
          'db.namespace': schema,
          'db.query.text': sql.replace(/\s+/g, ' '),
          duration_ms: Math.round(milliseconds),
        });
      }
      const verb = sql.slice(0, sql.search(/\W|$/));
      duration.record(milliseconds / 1000, {
        ...{ 'db.system.name': 'mysql', 'db.namespace': schema, 'db.operation.name': verb },
        ...failure,
      });
    }
  };
}

export type StatementTimer = ReturnType<typeof timeStatements>;
