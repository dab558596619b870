import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Rule as RunningRule } from '../query/prometheus.ts';
import type { Stores } from '../query/stores.ts';
import { type Check, lookIntoEach, messageOf } from './check.ts';
import type { Names } from './names.ts';
import { whatIsWrong } from './queries.ts';
import { readAs } from './read-as.ts';
import { shared } from './shared.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  ...{ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 },
};
/** Seconds of a duration such as `1h30m`. */
const seconds = z.coerce
  .string()
  .regex(/^(?:0|(?:\d+(?:ms|[smhdwy]))+)$/)
  .transform((text) =>
    [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
      (sum, [, count, unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0),
      0,
    ),
  );
const texts = z.record(z.string(), z.coerce.string()).nullish();
const fileSchema = z.object({
  groups: z.array(
    z.object({
      labels: texts,
      rules: z.array(
        z.object({
          record: z.string().optional(),
          alert: z.string().optional(),
          expr: z.coerce.string(),
          for: seconds.default(0),
          keep_firing_for: seconds.default(0),
          labels: texts,
          annotations: texts,
        }),
      ),
    }),
  ),
});

/** A rule as its file has it. */
type Rule = Omit<RunningRule, 'group' | 'query' | 'health' | 'lastError'> & { file: string; expr: string };

/** Reads the rules in `prometheus/rules`. */
export function readRules(root: string): readonly Rule[] {
  return globSync('prometheus/rules/*.yml', { cwd: root })
    .toSorted()
    .flatMap((path) =>
      readAs(fileSchema, path, parse, root).groups.flatMap(({ rules, labels }) =>
        rules.map(
          ({ record, alert, expr, for: forSeconds, keep_firing_for: keepFiringForSeconds, ...rule }) => ({
            ...{ file: basename(path), name: record ?? alert ?? '', expr, forSeconds, keepFiringForSeconds },
            type: alert === undefined ? ('recording' as const) : ('alerting' as const),
            labels: { ...labels, ...rule.labels },
            annotations: rule.annotations ?? {},
          }),
        ),
      ),
    );
}

/**
 * Checks that Prometheus runs each rule as its file has it, and no other, and that each recording rule finds something.
 * `remedy` gives it those of the files.
 */
export function checkRules(
  rules: readonly Rule[],
  stores: Stores,
  names: () => Promise<Names>,
  remedy = './vitrine restart prometheus reads the files',
): readonly Check[] {
  const { prometheus } = stores;
  const loaded = shared(() => prometheus.rules());
  const look = async (rule: Rule): Promise<readonly string[]> => {
    const same = (await loaded()).filter((one) => isNamesake(one, rule));
    const failed = same.find(({ health }) => health === 'err');
    if (failed) return [`Prometheus cannot evaluate it: ${failed.lastError}`];
    const own = canonical(await prometheus.parse(rule.expr));
    const all = same.map(async (one) => [
      ...(canonical(await prometheus.parse(one.query)) === own ? [] : ['expression']),
      ...differences(rule, one),
    ]);
    const [nearest] = (await Promise.all(all)).toSorted((some, others) => some.length - others.length);
    if (nearest === undefined) return [`Prometheus does not run it: ${remedy}`];
    if (nearest.length > 0)
      return [`Prometheus runs another version of it, which differs in ${nearest.join(', ')}: ${remedy}`];
    const now = Date.now();
    const isForEvents = rule.type === 'alerting';
    const query = { type: 'prometheus', text: rule.expr, legend: '', isExemplar: false, isForEvents };
    return whatIsWrong(query, stores, await names(), { startMs: now - 60_000, endMs: now });
  };
  const ofFiles = [...Map.groupBy(rules, ({ file }) => file)].map(([file, all]) => ({
    ...{ group: 'rules', name: `${file}, ${all.length} rules` },
    look: lookIntoEach(all, async (rule) => {
      const problems = await look(rule).catch((error) => [messageOf(error)]);
      return problems.map((problem) => `prometheus/rules/${file}, ${rule.name}: ${problem}`);
    }),
  }));
  const lookForOthers = async () => {
    const running = await loaded();
    const count = (all: readonly Namesake[], one: Namesake) =>
      all.filter((each) => isNamesake(each, one)).length;
    const others = running.filter((one) => count(running, one) > count(rules, one));
    return others.map(
      ({ name }) => `${name}: Prometheus runs a rule that no file in prometheus/rules has: ${remedy}`,
    );
  };
  return [...ofFiles, { group: 'rules', name: 'no others run', look: lookForOthers }];
}

type Namesake = Pick<Rule, 'name' | 'type'>;

function isNamesake(one: Namesake, other: Namesake): boolean {
  return one.name === other.name && one.type === other.type;
}

/** Names what Prometheus has otherwise than the file, besides the expression. */
function differences(rule: Rule, running: RunningRule): string[] {
  const compared = {
    for: 'forSeconds',
    keep_firing_for: 'keepFiringForSeconds',
    labels: 'labels',
    annotations: 'annotations',
  } as const;
  return Object.entries(compared).flatMap(([name, key]) =>
    isDeepStrictEqual(rule[key], running[key]) ? [] : [name],
  );
}

/** A syntax tree as text. Prometheus sorts the matchers of the rules that it runs. */
function canonical(tree: unknown): string {
  return JSON.stringify(tree, (key, value) =>
    key === 'matchers' && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).toSorted() : value,
  );
}
