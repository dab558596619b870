import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LabError } from '../lab-error.ts';
import type { Stores } from '../query/stores.ts';
import { type Check, lookIntoEach, messageOf } from './check.ts';
import type { Names } from './names.ts';
import { whatIsWrong } from './queries.ts';
import { shared } from './shared.ts';

const fileSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ record: z.string().optional(), alert: z.string().optional(), expr: z.coerce.string() }),
      ),
    }),
  ),
});

type Rule = { file: string; name: string; isAlert: boolean; expr: string };

/** Reads the rules in `prometheus/rules`. */
export function readRules(root: string): readonly Rule[] {
  return globSync('prometheus/rules/*.yml', { cwd: root })
    .toSorted()
    .flatMap((path) => {
      const { data, error } = fileSchema.safeParse(parse(readFileSync(join(root, path), 'utf8')));
      if (!data) throw new LabError(`${path} cannot be read: ${z.prettifyError(error)}`);
      return data.groups.flatMap(({ rules }) =>
        rules.map(({ record, alert, expr }) => ({
          ...{ file: basename(path), name: record ?? alert ?? '', isAlert: alert !== undefined, expr },
        })),
      );
    });
}

/** Checks that Prometheus runs each rule as its file has it, and that each recording rule finds something. */
export function checkRules(
  rules: readonly Rule[],
  stores: Stores,
  names: () => Promise<Names>,
): readonly Check[] {
  const loaded = shared(() => stores.prometheus.rules());
  const look = async ({ name, isAlert, expr }: Rule): Promise<readonly string[]> => {
    const { prometheus } = stores;
    const type = isAlert ? 'alerting' : 'recording';
    const same = (await loaded()).filter((one) => one.name === name && one.type === type);
    const failed = same.find(({ health }) => health === 'err');
    if (failed) return [`Prometheus cannot evaluate it: ${failed.lastError}`];
    const own = canonical(await prometheus.parse(expr));
    const running = await Promise.all(same.map(({ query }) => prometheus.parse(query)));
    if (!running.some((tree) => canonical(tree) === own))
      return ['Prometheus runs another rule, or none: ./vitrine restart prometheus reads the file'];
    const now = Date.now();
    const query = { type: 'prometheus', text: expr, legend: '', isExemplar: false, isForEvents: isAlert };
    return whatIsWrong(query, stores, await names(), { startMs: now - 60_000, endMs: now });
  };
  return [...Map.groupBy(rules, ({ file }) => file)].map(([file, all]) => ({
    ...{ group: 'rules', name: `${file}, ${all.length} rules` },
    look: lookIntoEach(all, async (rule) => {
      const problems = await look(rule).catch((error) => [messageOf(error)]);
      return problems.map((problem) => `prometheus/rules/${file}, ${rule.name}: ${problem}`);
    }),
  }));
}

/** A syntax tree as text. Prometheus sorts the matchers of the rules that it runs. */
function canonical(tree: unknown): string {
  return JSON.stringify(tree, (key, value) =>
    key === 'matchers' && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).toSorted() : value,
  );
}
