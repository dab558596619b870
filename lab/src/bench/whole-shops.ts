import { join, resolve } from 'node:path';
import { withoutEmpty } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { runProgram } from '../native/run-program.ts';
import { partNames } from '../part-names.ts';
import { poll } from '../poll.ts';
import type { Progress } from '../progress.ts';
import { reasonOf } from '../query/backend.ts';
import { findPlaces, readSettings, type Settings } from '../settings.ts';
import { registerCustomers } from './measure-trips.ts';
import type { Target } from './scenarios.ts';
import { CUSTOMERS, urlsOf } from './shops.ts';
import { withShopsFolder } from './shops-folder.ts';
import { pidsOf, sum, type Usage, usageOf } from './usage.ts';

/** No two multiples of 140 make a port of one part that of another. */
const OFFSET_STEP = 140;
const FIRST_OFFSET = 50 * OFFSET_STEP;
/** A service sends its spans within a second; when none has passed the collector for so long, none are on their way. */
const QUIET_MS = 2000;
const SETTLE_LIMIT_MS = 60_000;
/** Without these, there is something else to measure. Grafana and Alertmanager are on few machines. */
const needed = partNames.filter((part) => part !== 'grafana' && part !== 'alertmanager');

/** A shop that is up with all its backends, and has customers. */
export type WholeShop = Target & Usage & { settings: Settings };

/**
 * Gives `work` a function that starts a native shop, with all its backends, by the ./start.sh of the build in `root`. Stops
 * the shops by ./stop.sh and deletes their data when the work ends, however it ends.
 */
export function withWholeShops(
  { report, signal }: Progress,
  work: (startShop: (name: string, root: string) => Promise<WholeShop>) => Promise<void>,
): Promise<void> {
  return withShopsFolder(report, (folder, stops) =>
    work(async (name, root) => {
      const place = {
        VITRINE_HOME: join(folder, name),
        PORT_OFFSET: String(FIRST_OFFSET + stops.length * OFFSET_STEP),
      };
      // biome-ignore lint/style/noProcessEnv: ./start.sh reads too many variables to name them
      const environment = withoutEmpty({ ...process.env, ...place });
      const run = async (script: string, option: string, interruption: AbortSignal) => {
        const program = join(root, script);
        const { status, output } = await runProgram(program, [option], {
          ...{ directory: root, environment, signal: interruption },
        });
        if (status === 0) return;
        throw new LabError(
          `VITRINE_HOME=${place.VITRINE_HOME} ${program} ${option} ended with exit status ${status}:\n${output}`,
        );
      };
      report(
        `Starting a whole shop: ${name}. What is missing of its backends is compiled first, for minutes …`,
      );
      // The work may have been interrupted, but not the end of the shop.
      stops.push(() => run('stop.sh', '--reset', new AbortController().signal));
      await run('start.sh', '--native', signal);
      return openShop(readSettings(findPlaces(environment), environment));
    }),
  );
}

/** The folder of this build. */
export const ownRoot = resolve(import.meta.dirname, '../../..');

async function openShop(settings: Settings): Promise<WholeShop> {
  const usage = usageOf(pidsOf(settings.home, needed));
  const urls = urlsOf(settings);
  await registerCustomers(urls['user-service'], CUSTOMERS);
  return { settings, urls, customers: CUSTOMERS, ...usage };
}

/** Waits until the collectors of the shops send no more spans on; then resolves to the number of those sent so far. */
export async function settledSpans(shops: readonly WholeShop[]): Promise<number> {
  let latest: number | undefined;
  const isQuiet = async () => {
    const before = latest;
    latest = sum(await Promise.all(shops.map(({ settings }) => sentSpans(settings))));
    return latest === before ? latest : undefined;
  };
  // Each look costs the collectors some CPU time.
  const settled = await poll(isQuiet, { intervalMs: QUIET_MS, limitMs: SETTLE_LIMIT_MS });
  if (settled !== undefined) return settled;
  throw new LabError(`Spans still come ${SETTLE_LIMIT_MS / 1000} s after the load has ended.`);
}

async function sentSpans({ ports }: Settings): Promise<number> {
  const url = `http://127.0.0.1:${ports['otel-collector-self']}/metrics`;
  const metrics = await fetch(url)
    .then((response) => response.text())
    .catch((error) => {
      throw new LabError(`The collector cannot be asked at ${url}: ${reasonOf(error)}.`);
    });
  // A collector that has sent none yet has no such counter.
  const counters = metrics.matchAll(/^otelcol_exporter_sent_spans_total(?:\{.*\})? (\S+)$/gm);
  return sum(Array.from(counters, ([, value]) => Number(value)));
}
