import { z } from 'zod';
import { honoured, RATIO_SAMPLERS, readCertificate, readKey, refused } from './variables';

/**
 * The variables of OpenTelemetry, with this project's defaults. The SDK ignores a bad value, and says so only where
 * OTEL_LOG_LEVEL is set; here a bad value and an unknown name are refused.
 */
export const telemetrySettings = z.looseObject(honoured).superRefine((set, { addIssue }) => {
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith('OTEL_') || value === undefined) continue;
    const message = complaint(name, value, set);
    if (message) addIssue({ code: 'custom', path: [name], message });
  }
});

export type TelemetrySettings = z.output<typeof telemetrySettings>;

/** Says what is wrong with a variable that may not be set, or not along with the others. */
function complaint(name: string, value: unknown, set: Record<string, unknown>): string | undefined {
  if (refused[name]) return refused[name];
  if (!(name in honoured)) return isOfCollector(name) ? undefined : unknown(name);
  if (name === 'OTEL_TRACES_SAMPLER_ARG' && !RATIO_SAMPLERS.includes(String(set.OTEL_TRACES_SAMPLER)))
    return `needs OTEL_TRACES_SAMPLER=${RATIO_SAMPLERS.join(' or ')}`;
  if (name === 'OTEL_METRIC_EXPORT_TIMEOUT' && Number(value) > Number(set.OTEL_METRIC_EXPORT_INTERVAL))
    return 'must not be longer than OTEL_METRIC_EXPORT_INTERVAL';
  if (name === 'OTEL_RESOURCE_ATTRIBUTES' && !String(set.OTEL_NODE_RESOURCE_DETECTORS).includes('env'))
    return 'needs env among OTEL_NODE_RESOURCE_DETECTORS';
  return /_(?:CERTIFICATE|CLIENT_KEY)$/.test(name) ? complaintOfTls(name, String(value), set) : undefined;
}

/** Without what it needs, the exporter would leave the file out, or send nothing. */
function complaintOfTls(name: string, path: string, set: Record<string, unknown>): string | undefined {
  const endpoint = name.replace(/(?:CLIENT_)?(?:CERTIFICATE|KEY)$/, 'ENDPOINT');
  const common = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const urls = Object.entries(set).flatMap(([one, url]) => (one.endsWith('_ENDPOINT') ? [url] : []));
  const relevant = endpoint === common ? urls : [set[endpoint] ?? set[common]];
  if (!relevant.some((url) => String(url).startsWith('https:'))) return `needs https in ${endpoint}`;
  const key = name.replace(/CLIENT_CERTIFICATE$/, 'CLIENT_KEY');
  if (key !== name && set[key] === undefined) return `needs ${key}`;
  if (!name.endsWith('_KEY')) return undefined;
  const certificate = name.replace(/KEY$/, 'CERTIFICATE');
  if (set[certificate] === undefined) return `needs ${certificate}`;
  const [own, secret] = [readCertificate(String(set[certificate])), readKey(path)];
  return own && secret && !own.checkPrivateKey(secret) ? `is not the key of ${certificate}` : undefined;
}

/** The ports of the collector have such names, and Kubernetes gives such variables to its neighbours. */
function isOfCollector(name: string): boolean {
  return name.startsWith('OTEL_COLLECTOR_');
}

function unknown(name: string): string {
  const distances = Object.keys({ ...honoured, ...refused }).map(
    (known) => [distance(name, known), known] as const,
  );
  const [nearest] = distances.toSorted(([a], [b]) => a - b);
  const hint = nearest && nearest[0] <= 4 ? `did you mean ${nearest[1]}?` : 'unset it.';
  return `services know no such variable: ${hint} docs/telemetry.md lists all`;
}

/** The least number of letters to add, remove and replace. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const letter of one) {
    let [diagonal = 0] = row;
    const next = [diagonal + 1];
    for (const [index, otherLetter] of [...other].entries()) {
      const above = row[index + 1] ?? 0;
      next.push(Math.min(diagonal + (letter === otherLetter ? 0 : 1), above + 1, (next[index] ?? 0) + 1));
      diagonal = above;
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Writes this project's defaults into `process.env`, for what the SDK reads only there. */
export function passOn(settings: TelemetrySettings): void {
  // The last detector prevails: what OTEL_RESOURCE_ATTRIBUTES says replaces what the others find.
  const isEnv = (detector: string) => Number(detector === 'env');
  const detectors = settings.OTEL_NODE_RESOURCE_DETECTORS.toSorted((a, b) => isEnv(a) - isEnv(b));
  // biome-ignore lint/style/noProcessEnv: for the SDK
  Object.assign(process.env, {
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: settings.OTEL_NODE_ENABLED_INSTRUMENTATIONS.join(),
    OTEL_TRACES_SAMPLER: settings.OTEL_TRACES_SAMPLER,
    // Characters: like a span's, a log record's share of a batch is bounded. Its texts are masked before.
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: 4000,
    OTEL_PROPAGATORS: settings.OTEL_PROPAGATORS.join(),
    OTEL_NODE_RESOURCE_DETECTORS: detectors.join(),
  });
}
