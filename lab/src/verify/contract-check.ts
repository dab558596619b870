import { declared, undeclaredIn } from '@vitrine/service-kit/registry/contract';
import { logs as kitLogs } from '@vitrine/service-kit/registry/kit';
import { metrics as runtimeMetrics } from '@vitrine/service-kit/registry/runtime';
import { logs as shopLogs } from '@vitrine/service-kit/registry/shop';
import type { Labels } from '../query/prometheus.ts';
import type { Stores } from '../query/stores.ts';
import { prometheusName } from '../telemetry-page/prometheus-name.ts';
import type { Check } from './check.ts';
import { shared } from './shared.ts';
import {
  inWordsOfRegistry,
  missingLogs,
  missingMetrics,
  missingSpans,
  readLines,
  readSpans,
} from './telemetry.ts';

/** The lines that a customer causes. The others tell of starts, failures, faults and administrators. */
const logsOfCustomers = [
  kitLogs.request,
  ...[shopLogs.userRegistered, shopLogs.loggedIn, shopLogs.loggedOut, shopLogs.loginFailed],
];
/** Spans and attributes that a healthy shop need not have: they tell of waits, failures, faults and odd requests. */
const notOfCustomers =
  /^span pool wait$|: (?:error\.type|vitrine\.fault\.kind|vitrine\.db\.slow|http\.request\.method_original)$/;

const traceLimit = 300;
const lineLimit = 5000;

/** Checks that all declared telemetry arrives that a customer causes, and nothing that is not declared. */
export function checkContract(
  { jaeger, loki, prometheus }: Stores,
  readSeries: () => Promise<readonly Labels[]>,
  startMs: number,
): readonly Check[] {
  const range = () => ({ startMs, endMs: Date.now() });
  const spans = shared(() => readSpans(jaeger, range(), traceLimit));
  const lines = shared(() => readLines(loki, range(), lineLimit));
  /** The series of the processes that have just answered: those of one that ended stay for half a minute. */
  const seriesOfLiving = async () => {
    const alive = new Set((await spans()).map(({ resource }) => resource['service.instance.id']));
    return (await readSeries()).filter(({ instance = '' }) => alive.has(instance));
  };
  return [
    {
      ...{ group: 'contract', name: 'declared spans arrive' },
      look: async () => {
        const seen = inWordsOfRegistry(await spans(), [], []);
        return missingSpans(seen)
          .filter((what) => !notOfCustomers.test(what))
          .map(isMissing);
      },
    },
    {
      ...{ group: 'contract', name: 'declared metrics arrive' },
      look: async () =>
        (await spans()).length === 0
          ? [withoutSpans]
          : missingMetrics(inWordsOfRegistry([], await seriesOfLiving(), [])).map(isMissing),
    },
    {
      ...{ group: 'contract', name: 'metrics have their types', isOfAbsence: true },
      look: async () => {
        const types = await prometheus.metricTypes();
        return [...declared.metrics, ...runtimeMetrics].flatMap((metric) => {
          const name = prometheusName(metric);
          const [wanted, found] = [typeOf(metric.instrument), types.get(name) ?? []];
          if (found.length === 0 || found.includes(wanted)) return [];
          return [
            `metric ${metric.name} is declared as a ${wanted}, but ${name} arrives as a ${found.join()}.`,
          ];
        });
      },
    },
    {
      ...{ group: 'contract', name: 'declared log lines arrive' },
      look: async () => {
        const seen = inWordsOfRegistry(await spans(), [], await lines());
        return missingLogs(seen, logsOfCustomers).map(isMissing);
      },
    },
    {
      ...{ group: 'contract', name: 'nothing else arrives', isOfAbsence: true },
      look: async () => {
        if ((await spans()).length === 0) return [withoutSpans];
        const seen = inWordsOfRegistry(await spans(), await readSeries(), await lines());
        return undeclaredIn(seen).map(
          (what) => `${what}: arrives, but is not what service-kit/src/registry declares.`,
        );
      },
    },
  ];
}

const withoutSpans =
  'This cannot be told: spans say which processes live, and none is in Jaeger; see “a request is in Jaeger”.';

function isMissing(what: string): string {
  return `${what}: is declared in service-kit/src/registry, but does not arrive.`;
}

function typeOf(instrument: string): string {
  if (instrument === 'histogram') return 'histogram';
  return instrument === 'counter' || instrument === 'observable counter' ? 'counter' : 'gauge';
}
