import { exitStatus } from './exit-status.ts';
import { signal } from './interruption.ts';
import { LabError, UsageError } from './lab-error.ts';
import { serviceNames } from './part-names.ts';
import { backendUrls } from './query/backend-urls.ts';
import { createJaeger } from './query/jaeger.ts';
import { whyNotOk } from './readiness.ts';
import { readyShopUrl } from './service-url.ts';
import { withStack } from './session.ts';
import type { Session } from './stack.ts';
import { awaitTraces, type TracedVisit } from './trace-test/await-traces.ts';
import { serviceTimings, timingsTable } from './trace-test/service-timings.ts';
import { type Visit, visitPages } from './trace-test/visit-pages.ts';

// ./test_traces.sh runs this: it checks that every request to the running shop leaves a complete trace in Jaeger. Exit
// status 1 if one does not, 2 for wrong usage.

const count = 100;
const perSecond = 10;
const arrivalLimitMs = 10_000;

async function testTraces({ settings, report }: Session): Promise<void> {
  const shopUrl = await readyShopUrl(settings);
  const jaegerUrl = backendUrls(settings).jaeger;
  const jaeger = createJaeger(jaegerUrl);
  await jaeger.services();

  report(`Opening ${count} pages of ${shopUrl}, ${perSecond} a second …`);
  const visits = await visitPages(shopUrl, { count, perSecond, signal });
  const traced = visits.filter((visit): visit is TracedVisit => visit.traceId !== undefined);
  report(`Asking ${jaegerUrl} for their traces …`);
  const { traces, problems } = await awaitTraces(jaeger, traced, { limitMs: arrivalLimitMs, signal });

  const viewer = settings.values.JAEGER_URL ?? (await viewerUrl(settings.ports.console, jaegerUrl));
  const addressOf = (traceId: string) => `${viewer}/trace/${traceId}`;
  for (const line of ['', ...timingsTable(serviceTimings(serviceNames, traces), addressOf), '']) report(line);

  const failures = [...failedVisits(visits), ...problems];
  if (failures.length > 0) throw new LabError(failures.join('\n'));
  report(`All ${count} requests succeeded, and each has its whole trace in Jaeger.`);
}

/** The console if it runs, else Jaeger: a Jaeger that was compiled here has no pages of its own. */
async function viewerUrl(consolePort: number, jaegerUrl: string): Promise<string> {
  const consoleUrl = Object.assign(new URL(jaegerUrl), { port: consolePort }).origin;
  return (await whyNotOk(`${consoleUrl}/healthz`, 1000)) === undefined ? consoleUrl : jaegerUrl;
}

function failedVisits(visits: readonly Visit[]): string[] {
  const failed = visits.filter(({ problem }) => problem !== undefined);
  const [first] = failed;
  if (!first) return [];
  const trace = first.traceId ? `, trace ${first.traceId}` : '';
  return [
    `${failed.length} of ${visits.length} requests failed: GET ${first.path}: ${first.problem}${trace}.`,
  ];
}

try {
  if (process.argv.length > 2) throw new UsageError('Usage: ./test_traces.sh (without arguments)');
  await withStack(signal, testTraces);
} catch (error) {
  process.exitCode = exitStatus(error);
}
