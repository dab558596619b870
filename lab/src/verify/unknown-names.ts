import { z } from 'zod';
import type { LabelNames, Names } from './names.ts';

const matcherSchema = z.object({ name: z.string(), type: z.string(), value: z.string() });
/** The parts of a syntax tree that names are in. */
const nodeSchema = z.object({
  type: z.string(),
  matchers: z.array(matcherSchema).optional(),
  func: z.object({ name: z.string() }).optional(),
  val: z.string().optional(),
  op: z.string().optional(),
  grouping: z.array(z.string()).optional(),
  without: z.boolean().optional(),
  matching: z.object({ labels: z.array(z.string()), include: z.array(z.string()) }).nullish(),
  get args() {
    return z.array(nodeSchema).optional();
  },
  get expr() {
    return nodeSchema.optional();
  },
  get param() {
    return nodeSchema.nullish();
  },
  get lhs() {
    return nodeSchema.optional();
  },
  get rhs() {
    return nodeSchema.optional();
  },
});
type Matcher = z.output<typeof matcherSchema>;
type Node = z.output<typeof nodeSchema>;

/** Lists metrics, labels and values that nothing has, of those in the syntax tree of an expression and in `legend`. */
export function unknownNames(tree: unknown, legend: string, names: Names): readonly string[] {
  const unknown: string[] = [];
  const require = (label: string, available: LabelNames, where: string) => {
    if (available === 'any' || available.has(label)) return;
    unknown.push(`no series in ${where} has the label ${label}`);
  };
  /** Visits a node, and returns the labels that its series may have. */
  const visit = (node: Node): LabelNames => {
    if (node.matchers) return visitSelector(node.matchers);
    const { args = [], expr, lhs, rhs, param, func, op, grouping = [], matching } = node;
    const inner = union([...args, expr, lhs, rhs].filter((child) => child !== undefined).map(visit));
    if (func && /^label_(?:replace|join)$/.test(func.name)) {
      const [, target, ...texts] = args.map(({ val = '' }) => val);
      const sources = func.name === 'label_join' ? texts.slice(1) : texts.slice(1, 2);
      for (const label of sources.filter(Boolean)) require(label, inner, func.name);
      return union([inner, new Set([target ?? ''])]);
    }
    for (const label of [...grouping, ...(matching?.labels ?? []), ...(matching?.include ?? [])])
      require(label, inner, op ?? 'it');
    if (node.type !== 'aggregation' || /^(?:top|bottom|limit)/.test(op ?? '')) return inner;
    const made = op === 'count_values' ? [param?.val ?? ''] : [];
    return node.without ? union([inner, new Set(made)]) : new Set([...grouping, ...made]);
  };
  const visitSelector = (matchers: readonly Matcher[]): LabelNames => {
    const metrics = metricsOf(matchers);
    return metrics ? union(metrics.map((metric) => visitMetric(metric, matchers))) : 'any';
  };
  const visitMetric = (metric: string, matchers: readonly Matcher[]): LabelNames => {
    const labels = names.labelsOf(metric);
    if (labels === undefined) {
      unknown.push(`there is no metric ${metric}`);
      return 'any';
    }
    for (const { name, type, value } of matchers) {
      if (labels !== 'any' && !labels.has(name))
        unknown.push(`${metric} has no label ${name}; it has ${listed(labels)}`);
      else if (type === '=' && value !== '' && !names.mayBe(metric, name, value))
        unknown.push(`${metric} has no ${name}="${value}"`);
    }
    return labels;
  };
  const found = visit(nodeSchema.parse(tree));
  for (const [, label = ''] of legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)) require(label, found, 'the result');
  return unknown;
}

/** The metrics that a selector names, also by alternatives such as `a_(?:b|c)_total|d`; undefined if it names none. */
function metricsOf(matchers: readonly Matcher[]): readonly string[] | undefined {
  const { type, value = '' } = matchers.find(({ name }) => name === '__name__') ?? {};
  if (type === '=') return [value];
  const all = type === '=~' ? alternativesOf(value) : [''];
  return all.every((name) => /^[\w:]+$/.test(name)) ? all : undefined;
}

/** Lists the alternatives of a regular expression, in groups and outside. */
function alternativesOf(pattern: string): readonly string[] {
  const [group, inside] = /\((?:\?:)?([^()]*)\)/.exec(pattern) ?? [];
  if (group === undefined || inside === undefined) return [...new Set(pattern.split('|'))];
  const all = inside.split('|').flatMap((one) => alternativesOf(pattern.replace(group, () => one)));
  return [...new Set(all)];
}

function union(sets: readonly LabelNames[]): LabelNames {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === 'any') return 'any';
    for (const label of set) all.add(label);
  }
  return all;
}

function listed(labels: ReadonlySet<string>): string {
  return [...labels]
    .filter((name) => name !== '__name__')
    .toSorted()
    .join(', ');
}
