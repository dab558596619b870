const routePattern = /^http_req_duration\{name:(.*)\}$/;

/**
 * A `handleSummary` that prints a test's figures. Where SUMMARY_FILE names a file `x.json`, the text also goes to `x.txt`,
 * and all that k6 has measured to `x.json`.
 * @param {string} test
 */
export function summaryOf(test) {
  /** @param {import('./k6-summary').Summary} data */
  return ({ metrics, root_group, state }) => {
    // A test that ended before it began has nothing to tell.
    if (!metrics.iterations) return {};
    const text = lines(test, metrics, state.testRunDurationMs / 1000).join('\n');
    const file = __ENV.SUMMARY_FILE;
    return {
      stdout: `\n${text}\n`,
      ...(file && {
        [file]: JSON.stringify({ test, state, metrics, root_group }, null, 2),
        [file.replace(/(\.json)?$/, '.txt')]: `${text}\n`,
      }),
    };
  };
}

/**
 * @param {string} test
 * @param {import('./k6-summary').Metrics} metrics
 * @param {number} seconds
 */
function lines(test, metrics, seconds) {
  const { count = 0, rate = 0 } = metrics.http_reqs?.values ?? {};
  const { passes: failed = 0, rate: share = 0 } = metrics.http_req_failed?.values ?? {};
  const { passes = 0, fails = 0 } = metrics.checks?.values ?? {};
  const dropped = metrics.dropped_iterations?.values.count;
  return [
    `${test}: ${count} requests in ${seconds.toFixed(1)} s (${rate.toFixed(1)} a second), ${failed} failed (${(share * 100).toFixed(1)} %)`,
    `${passes} of ${passes + fails} checks passed`,
    ...(dropped ? [`${dropped} turns were left out, as all visitors were waiting for answers`] : []),
    '',
    ...routeRows(metrics),
    '',
    ...thresholdRows(metrics),
  ];
}

/** @param {import('./k6-summary').Metrics} metrics */
function routeRows(metrics) {
  const row = (/** @type {string} */ name, /** @type {string[]} */ cells) =>
    `  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  const rows = Object.entries(metrics).flatMap(([metric, { values, thresholds = {} }]) => {
    const name = routePattern.exec(metric)?.[1];
    // Routes that were not asked for took no time.
    if (!name || !values.max) return [];
    const times = [values.med, values['p(95)'], values.max].map((ms) => `${(ms ?? 0).toFixed(0)} ms`);
    return Object.entries(thresholds).map(
      ([expression, { ok }]) => `${row(name, times)}   ${ok ? '✓' : '✗'} ${expression}`,
    );
  });
  return [row('request', ['p50', 'p95', 'slowest']), ...rows.sort()];
}

/** @param {import('./k6-summary').Metrics} metrics */
function thresholdRows(metrics) {
  const others = Object.entries(metrics).filter(([metric]) => !routePattern.test(metric));
  return others.flatMap(([metric, { values, thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, { ok }]) => {
      const value = values[expression.split(/[<>=]/)[0] ?? ''] ?? 0;
      return `${ok ? '✓' : '✗'} ${metric} ${expression}: ${Number(value.toFixed(4))}`;
    }),
  );
}
