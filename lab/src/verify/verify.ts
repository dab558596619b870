import { LabError } from '../lab-error.ts';
import { notInNamespace, refuseWhileCompiling } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { poll } from '../poll.ts';
import { storesOf } from '../query/stores.ts';
import type { PartStatus, Session } from '../stack.ts';
import { type Check, settle, type Verdict } from './check.ts';
import { checkContract } from './contract-check.ts';
import { type Customer, startCustomer } from './customer.ts';
import { checkDashboards } from './dashboards.ts';
import { checkFlow } from './flow.ts';
import { learnNames } from './names.ts';
import { checkParts } from './parts.ts';
import { checkRules, readRules } from './rules.ts';
import { checkSeries } from './series.ts';
import { shared } from './shared.ts';
import { readLines } from './telemetry.ts';

/** No telemetry is looked for before the first visit has ended, or so much time has passed. */
const visitMs = 10_000;
/** A healthy shop passes within 20 s; this is for a machine that is busy with something else, too. */
const limitMs = 34_000;
/** A dashboard has some twenty queries, asked four at a time: a backend that hangs is named before the time is over. */
const answerLimitMs = 3000;
const lookBackMs = 3_600_000;
const asked: readonly PartName[] = ['jaeger', 'prometheus', 'loki'];

/**
 * Lets a customer visit the running shop, and checks that all of its observability works: parts, flow of telemetry,
 * dashboards, rules, the contract, the number of series. Throws a LabError when no part runs, while parts are being
 * compiled, and when a file cannot be read.
 */
export async function verify(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { settings, stack } = session;
  const startMs = Date.now();
  const parts = await stack.status();
  const isRunning = parts.some(({ state }) => ['ready', 'not ready', 'paused'].includes(state));
  if (!isRunning) throw new LabError('The shop is not running: ./start.sh starts it.');
  refuseWhileCompiling(parts);
  const missing = parts.filter(({ part, detail }) => detail === notInNamespace && asked.includes(part));
  if (missing.length > 0)
    throw new LabError(`verify asks ${missing.map(({ part }) => part).join(', ')}: ${notInNamespace}.`);

  const customer = startCustomer(settings);
  try {
    const checks = checksOf(session, parts, customer, startMs);
    await poll(() => customer.isServed() || undefined, { intervalMs: 100, limitMs: visitMs, signal });
    const results = await settle(checks, { limitMs: startMs + limitMs - Date.now(), signal });
    return { results, seconds: (Date.now() - startMs) / 1000 };
  } finally {
    await customer.stop();
  }
}

/** All that is checked while the `customer` visits the shop, since `startMs`. */
export function checksOf(
  { settings, stack }: Pick<Session, 'settings' | 'stack'>,
  parts: readonly PartStatus[],
  customer: Customer,
  startMs: number,
): readonly Check[] {
  const { root } = settings;
  const { outdated } = stack;
  const stores = storesOf(settings, answerLimitMs);
  const series = shared(async () => {
    const samples = await stores.prometheus.query('{__name__=~".+"}');
    return samples.map(({ labels }) => labels);
  });
  const rules = readRules(root);
  const names = shared(async () => {
    const range = { startMs: Date.now() - lookBackMs, endMs: Date.now() };
    // Without Loki the query of its panels fails, and says so.
    const lines = await readLines(stores.loki, range, 1000).catch(() => []);
    return learnNames(await series(), lines, rules);
  });
  return [
    ...checkParts(stack, stores.prometheus, parts),
    ...checkFlow(root, stores, customer, startMs),
    ...checkDashboards(root, stores, names),
    ...(outdated
      ? [{ group: 'dashboards', name: 'files in the cluster, with the rules', look: outdated }]
      : []),
    ...checkRules(rules, stores, names, outdated && './vitrine up applies the files'),
    ...checkContract(stores, series, startMs),
    ...checkSeries(series),
  ];
}
