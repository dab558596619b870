import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** V8 writes such a file with `--cpu-prof`. Source: the Profiler.Profile type of the Chrome DevTools Protocol. */
const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

const SERVICE = /\/(frontend|(?:user|product|order)-service)\/dist\//;
const MODULE_LOADER = 'node:internal/modules/';
const SHOWN_PACKAGES = 12;

/**
 * Shows where the services' CPU time goes: first by npm package, then by part of OpenTelemetry. Node's own work and
 * native work count for the package that asked for them.
 */
export async function profileTable(folder: string): Promise<string[]> {
  const services = ['| service | share of its CPU time, by package |', '|---|---|'];
  const telemetry = ['', '| service | share of its CPU time, by part of OpenTelemetry |', '|---|---|'];
  for (const file of await readdir(folder)) {
    const profile = profileSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    const service = profile.nodes.map(({ callFrame }) => SERVICE.exec(callFrame.url)?.[1]).find(Boolean);
    if (service === undefined) continue;
    const shares = [...sharesByPackage(profile)];
    const [parts = [], others = []] = [true, false].map((isPart) =>
      shares.filter(([name]) => TELEMETRY.test(name) === isPart),
    );
    const whole = parts.reduce((sum, [, share]) => sum + share, 0);
    services.push(`| ${service} | ${largest([['OpenTelemetry', whole], ...others])} |`);
    telemetry.push(`| ${service} | ${largest(parts.map(([name, share]) => [shortName(name), share]))} |`);
  }
  return [...services, ...telemetry];
}

/** These packages are OpenTelemetry and its transport. */
const TELEMETRY = /^@opentelemetry\/|^@grpc\/|^(?:require|import)-in-the-middle$/;

const shortName = (name: string) => name.replace('@opentelemetry/', '');

function largest(shares: [string, number][]): string {
  return shares
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN_PACKAGES)
    .map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`)
    .join(', ');
}

function sharesByPackage({
  nodes,
  samples,
  timeDeltas,
}: z.output<typeof profileSchema>): Map<string, number> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  /** Waiting, and loading modules at the start, is no work and belongs to no package. */
  const packageOfNode = (leaf: number): string | undefined => {
    const { functionName } = frames.get(leaf) ?? {};
    if (functionName === '(idle)') return undefined;
    const urls: string[] = [];
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      urls.push(frames.get(id)?.url ?? '');
    }
    if (urls.some((url) => url.startsWith(MODULE_LOADER))) return undefined;
    return (
      urls.map(packageOf).find(Boolean) ??
      (functionName === '(garbage collector)' ? 'garbage collector' : 'node')
    );
  };

  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, node] of samples.entries()) {
    const name = packageOfNode(node);
    if (name === undefined) continue;
    const time = timeDeltas[index] ?? 0;
    times.set(name, (times.get(name) ?? 0) + time);
    busy += time;
  }
  return new Map(Array.from(times, ([name, time]) => [name, time / busy]));
}

/** Names the npm package or workspace that a script belongs to. */
function packageOf(url: string): string | undefined {
  const name = url
    .match(/node_modules\/(?:@[^/]+\/)?[^/]+/g)
    ?.at(-1)
    ?.replace('node_modules/', '');
  return name ?? SERVICE.exec(url)?.[1] ?? /\/(service-kit)\/dist\//.exec(url)?.[1];
}
