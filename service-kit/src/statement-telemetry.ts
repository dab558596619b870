import { createHistogram } from './instruments';
import { type Logger, logEvent } from './logger';
import { logs, metrics, SLOW_STATEMENT_MS } from './registry/kit';
import { errorTypeOf } from './spans';

const duration = createHistogram(metrics.statementDuration);

/** Times statements; `schema` is where they run. Who is slow is logged, by its text: values are no part of it. */
export function watchStatements({ schema, logger }: { schema: string; logger: Logger | undefined }) {
  const attributesByVerb = new Map<string, ReturnType<typeof attributesOf>>();

  function attributesOf(verb: string) {
    return { 'db.system.name': 'mysql', 'db.namespace': schema, 'db.operation.name': verb } as const;
  }

  /** @param startedAt by `performance.now()` */
  return (sql: string, startedAt: number, error?: unknown): void => {
    const milliseconds = performance.now() - startedAt;
    const verb = sql.slice(0, sql.search(/\W|$/));
    let attributes = attributesByVerb.get(verb);
    if (!attributes) {
      attributes = attributesOf(verb);
      attributesByVerb.set(verb, attributes);
    }
    const outcome = error === undefined ? attributes : { ...attributes, 'error.type': errorTypeOf(error) };
    duration.record(milliseconds / 1000, outcome);
    if (milliseconds < SLOW_STATEMENT_MS || !logger) return;
    logEvent(logger, logs.slowStatement, {
      'db.namespace': schema,
      'db.query.text': sql.replace(/\s+/g, ' '),
      duration_ms: Math.round(milliseconds),
    });
  };
}

export type StatementWatch = ReturnType<typeof watchStatements>;
