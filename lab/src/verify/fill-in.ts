import { LabError } from '../lab-error.ts';
import type { Stores } from '../query/stores.ts';
import type { Dashboard, Variable } from './grafana-files.ts';

/** What stands for the variables in a query: a text as it is, or several values that may each match. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

/** Grafana's own variables, for a dashboard that shows its usual range. */
export function ownValues(dashboard: Dashboard): Values {
  const seconds = rangeSeconds(dashboard);
  return {
    ...{ __range: `${seconds}s`, __range_s: String(seconds), __range_ms: String(seconds * 1000) },
    ...{ __from: String(Date.now() - seconds * 1000), __to: String(Date.now()) },
  };
}

/** Prometheus scrapes every 5 s (`timeInterval` of the data source). */
const scrapeSeconds = 5;

/** Those of a query, whose least step is `interval`, such as `15s`. */
export function stepValues(interval: string | null | undefined): Values {
  const [, count = scrapeSeconds, unit = 's'] = /^(\d+)([sm])$/.exec(interval ?? '') ?? [];
  const seconds = Number(count) * (unit === 'm' ? 60 : 1);
  return {
    ...{ __interval: `${seconds}s`, __interval_ms: String(seconds * 1000), __auto: `${seconds}s` },
    __rate_interval: `${4 * seconds}s`,
  };
}

/** The usual range of a dashboard, such as 900 for `now-15m`. */
export function rangeSeconds({ time: { from } }: Dashboard): number {
  const [, count = '6', unit = 'h'] = /^now-(\d+)([smhd])$/.exec(from) ?? [];
  return Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 3600);
}

/** Fills in `$name`, `${name}`, `${name:format}` and `[[name]]`. Throws a LabError when a variable has no value. */
export function fillIn(query: string, values: Values): string {
  return query.replace(
    /\$\{([\w.]+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]/g,
    (whole, braced, format, bare, old) => {
      // A text such as "$1" of label_replace is no variable.
      if (/^\d+$/.test(bare ?? '')) return whole;
      const value = values[braced ?? bare ?? old];
      if (value === undefined) throw new LabError(`Nothing fills in ${whole}.`);
      if (typeof value === 'string') return value;
      const joined = value.join(format === 'csv' ? ',' : '|');
      return format === 'pipe' || format === 'csv' || value.length === 1 ? joined : `(${joined})`;
    },
  );
}

/**
 * The choices of its variables with which a dashboard is looked at: "All" where there is one, else one value after the
 * other. Throws a LabError when a variable offers nothing.
 */
export async function choicesOf(dashboard: Dashboard, stores: Stores): Promise<readonly Values[]> {
  let choices: readonly Values[] = [ownValues(dashboard)];
  for (const variable of dashboard.templating.list) {
    const further = choices.map(async (values) =>
      (await chooseOf(variable, values, stores)).map((value) => ({ ...values, [variable.name]: value })),
    );
    choices = (await Promise.all(further)).flat();
  }
  return choices;
}

async function chooseOf(
  variable: Variable,
  values: Values,
  stores: Stores,
): Promise<readonly (string | readonly string[])[]> {
  const { name, regex, includeAll, multi, allValue } = variable;
  const found = await offersOf(variable, values, stores);
  const pattern = regularExpression(regex.replace(/^\/(.*)\/$/, '$1'), name);
  const offers = found.flatMap((offer) => {
    const match = pattern.exec(offer);
    return match ? [match[1] ?? offer] : [];
  });
  if (offers.length === 0) throw new LabError(`The variable ${name} offers nothing to choose`);
  if (includeAll) return [allValue || offers];
  return multi ? offers.map((offer) => [offer]) : offers;
}

function regularExpression(text: string, variable: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new LabError(`The regex of the variable ${variable} is none: ${text}`);
  }
}

async function offersOf(
  { name, type, query }: Variable,
  values: Values,
  { prometheus }: Stores,
): Promise<readonly string[]> {
  const text = fillIn(typeof query === 'string' ? query : (query.query ?? ''), values);
  if (['custom', 'interval'].includes(type))
    return text.split(',').map((each) => each.trim().split(' : ').at(-1) ?? '');
  if (['constant', 'textbox'].includes(type)) return [text];
  const [, selector, label] = /^label_values\((?:(.+),\s*)?(\w+)\)$/.exec(text) ?? [];
  if (type === 'query' && label !== undefined) {
    const samples = await prometheus.query(`group by (${label}) (${selector ?? '{__name__=~".+"}'})`);
    return samples.flatMap(({ labels }) => labels[label] ?? []).toSorted();
  }
  throw new LabError(`verify cannot tell what the variable ${name} offers (${type}: ${text}).`);
}
