import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What V8 writes with `--cpu-prof`. Source: the Profiler.Profile type of the Chrome DevTools Protocol. */
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
const SHOWN_PACKAGES = 12;

/**
 * Where the services' CPU time goes: for each, the packages that use most of it, Node's own and native work counted
 * for the package that asked for it.
 */
export async function profileTable(folder: string): Promise<string[]> {
  const lines = ['| service | share of its CPU time, by package |', '|---|---|'];
  for (const file of await readdir(folder)) {
    const profile = profileSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    const service = profile.nodes.map(({ callFrame }) => SERVICE.exec(callFrame.url)?.[1]).find(Boolean);
    if (service === undefined) continue;
    const shares = [...sharesByPackage(profile)].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN_PACKAGES);
    const text = shares.map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`).join(', ');
    lines.push(`| ${service} | ${text} |`);
  }
  return lines;
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
  const packageOfNode = (leaf: number): string => {
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const name = packageOf(frames.get(id)?.url ?? '');
      if (name) return name;
    }
    return frames.get(leaf)?.functionName === '(garbage collector)' ? 'garbage collector' : 'node';
  };

  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, node] of samples.entries()) {
    if (frames.get(node)?.functionName === '(idle)') continue;
    const time = timeDeltas[index] ?? 0;
    const name = packageOfNode(node);
    times.set(name, (times.get(name) ?? 0) + time);
    busy += time;
  }
  return new Map(Array.from(times, ([name, time]) => [name, time / busy]));
}

/** The npm package or workspace of a script; all of OpenTelemetry and its transport is one. */
function packageOf(url: string): string | undefined {
  const name = url
    .match(/node_modules\/(?:@[^/]+\/)?[^/]+/g)
    ?.at(-1)
    ?.replace('node_modules/', '');
  if (name)
    return /^@opentelemetry|^@grpc|^(?:require|import)-in-the-middle$/.test(name) ? 'OpenTelemetry' : name;
  return SERVICE.exec(url)?.[1] ?? /\/(service-kit)\/dist\//.exec(url)?.[1];
}
