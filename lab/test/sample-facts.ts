import type { Facts } from '../src/report/facts.ts';

const faultMs = Date.UTC(2026, 10, 28, 14, 3, 21);
const at = (seconds: number) => faultMs + seconds * 1000;
const traceId = (digit: string) => `${digit}938796c7c8d870928f897fe697f767`.padStart(32, '4');

/** Facts of an outage of product_dbase that lasts four minutes. The figures are invented. */
export function sampleFacts(changes: Partial<Facts> = {}): Facts {
  return {
    name: 'database-hangs',
    title: 'The database of the catalogue hangs',
    story:
      'product_dbase is frozen with its connections open, as a database is that waits for its disk. The services in front of it must give up in time, and the pages that need no product must stay up.',
    mode: 'native',
    isFast: false,
    outcome: 'passed',
    reasons: [],
    phases: [
      { name: 'control', startMs: at(-120), endMs: at(0) },
      { name: 'fault', startMs: at(0), endMs: at(240) },
      { name: 'recovery', startMs: at(240), endMs: at(400) },
    ],
    fault: { what: './vitrine pause product_dbase', startMs: at(0), endMs: at(240) },
    timeline: [
      { atMs: at(-120), what: 'Twenty customers begin to shop.', source: 'scenario' },
      { atMs: at(-20), what: 'No alert, no failed request: the shop is healthy.', source: 'prometheus' },
      { atMs: at(0), what: './vitrine pause product_dbase', source: 'scenario' },
      { atMs: at(1.4), what: 'The first request fails: GET / ends with 503.', source: 'jaeger' },
      {
        atMs: at(2),
        what: 'product-service logs “product_dbase does not answer within 1 s”.',
        source: 'loki',
      },
      {
        atMs: at(18),
        what: 'HighErrorRate is pending for frontend and product-service.',
        source: 'prometheus',
      },
      { atMs: at(78), what: 'HighErrorRate fires for product-service.', source: 'prometheus' },
      { atMs: at(83), what: 'HighErrorRate fires for frontend.', source: 'prometheus' },
      { atMs: at(240), what: './vitrine resume product_dbase', source: 'scenario' },
      { atMs: at(242), what: 'The first page with products is served again.', source: 'jaeger' },
      { atMs: at(305), what: 'HighErrorRate is resolved.', source: 'prometheus' },
    ],
    checks: [
      check('control', 'No alert fires', 'prometheus', undefined, 120, '0 alerts'),
      check('control', 'No request fails', 'prometheus', undefined, 120, '0 of 1,204 requests'),
      check('fault', 'HighErrorRate fires for product-service', 'prometheus', 78, 120, 'firing'),
      check('fault', 'A trace ends in a span of product_dbase that failed', 'jaeger', 3.2, 30, '4 traces'),
      check('fault', 'product-service logs that product_dbase does not answer', 'loki', 4.8, 30, '61 lines'),
      check(
        'throughout',
        'The page to log in stays up',
        'prometheus',
        undefined,
        520,
        '100 % of 310 requests',
      ),
      check('recovery', 'HighErrorRate resolves', 'prometheus', 65, 180, 'inactive'),
      check('recovery', 'No request has failed for 30 s', 'prometheus', 72, 180, '0 of 298 requests'),
    ],
    alerts: ['product-service', 'frontend'].map((service, index) => ({
      name: 'HighErrorRate',
      labels: { service_name: service, severity: 'page' },
      summary: `${service} fails`,
      description: `More than 5 % of the requests to ${service} have ended with 5xx for a minute (now 41 %).`,
      runbookUrl: 'http://127.0.0.1:5004/runbooks/HighErrorRate',
      ...{ pendingMs: at(18 + 5 * index), firingMs: at(78 + 5 * index), resolvedMs: at(305) },
    })),
    secondsToDetect: 78,
    secondsToRecover: 72,
    requests: { total: 4810, failed: 1307, objective: 0.999, budgetBurnt: 0.0304 },
    plots: samplePlots(),
    traces: [
      {
        traceId: traceId('ea'),
        request: 'GET /',
        ...{ startMs: at(31.2), durationMs: 1804.2 },
        what: 'SELECT → product_dbase was given up after 1 s (ETIMEDOUT), so product-service answered 503.',
        links: [
          { label: 'console', url: `http://127.0.0.1:5004/trace/${traceId('ea')}` },
          { label: 'Jaeger', url: `http://127.0.0.1:16686/trace/${traceId('ea')}` },
        ],
      },
      {
        traceId: traceId('b7'),
        request: 'POST /cart/items',
        ...{ startMs: at(64.9), durationMs: 1312.8 },
        what: 'GET → product-service was given up after 1.2 s by order-service.',
        links: [{ label: 'console', url: `http://127.0.0.1:5004/trace/${traceId('b7')}` }],
      },
    ],
    logLines: [
      line(2, 'product-service', 'error', 'product_dbase does not answer within 1 s', traceId('ea')),
      line(2.1, 'frontend', 'warn', 'product-service answered 503', traceId('ea')),
      line(
        18,
        'order-service',
        'warn',
        'GET product-service/products/7: no answer within 1.2 s',
        traceId('b7'),
      ),
      line(240.8, 'product-service', 'info', 'product_dbase answers again'),
    ],
    improvements: [
      'Keep the last list of products in memory for a minute, and show it when product-service is away.',
      'Let HighErrorRate fire after 30 s when more than half of the requests fail.',
    ],
    ...changes,
  };
}

function check(
  phase: Facts['checks'][number]['phase'],
  what: string,
  source: Facts['checks'][number]['source'],
  afterSeconds: number | undefined,
  withinSeconds: number,
  lastSeen: string,
): Facts['checks'][number] {
  const after = afterSeconds === undefined ? {} : { afterSeconds };
  return { phase, what, source, outcome: 'seen', ...after, withinSeconds, lastSeen };
}

function line(seconds: number, service: string, level: string, body: string, traceId?: string) {
  return { atMs: at(seconds), service, level, body, ...(traceId === undefined ? {} : { traceId }) };
}

function samplePlots(): Facts['plots'] {
  const services = ['frontend', 'user-service', 'product-service', 'order-service'];
  const series = (value: (service: number, seconds: number) => number | null) =>
    services.map((name, service) => ({
      name,
      points: Array.from({ length: 105 }, (_, index) => {
        return { atMs: at(5 * index - 120), value: value(service, 5 * index - 120) };
      }),
    }));
  const wave = (service: number, seconds: number) =>
    Math.sin(seconds / 17 + service) + Math.sin(seconds / 5 + 2 * service);
  const hurt = (seconds: number) => Math.max(0, Math.min(1, seconds / 60, (300 - seconds) / 60));
  const isHit = (service: number) => service % 2 === 0;
  return [
    {
      title: 'Requests',
      unit: 'requests/s',
      series: series((service, seconds) => {
        if (service === 1 && seconds > 150 && seconds < 180) return null;
        const rate = [10, 2.2, 7.5, 4][service] ?? 0;
        return rate + 0.06 * rate * wave(service, seconds) - (service === 3 ? 2.5 * hurt(seconds) : 0);
      }),
    },
    {
      title: 'Failed requests',
      unit: '%',
      threshold: { value: 5, label: 'HighErrorRate above 5 %' },
      series: series((service, seconds) => {
        return isHit(service)
          ? hurt(seconds) * (service === 0 ? 41 : 88) + hurt(seconds) * wave(service, seconds)
          : service === 3
            ? 12 * hurt(seconds)
            : 0;
      }),
    },
    {
      title: '95th percentile of durations',
      unit: 'ms',
      threshold: { value: 500, label: 'HighLatency above 500 ms' },
      series: series((service, seconds) => {
        const usual = [48, 22, 12, 31][service] ?? 0;
        const slow = [1790, 0, 1010, 1240][service] ?? 0;
        return usual * (1 + 0.1 * wave(service, seconds)) + hurt(seconds) * slow;
      }),
    },
  ];
}
