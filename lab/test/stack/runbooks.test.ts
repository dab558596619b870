import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { logs as kitLogs } from '@vitrine/service-kit/registry/kit';
import { logs as shopLogs } from '@vitrine/service-kit/registry/shop';
import { expect, vi } from 'vitest';
import { type Backends, backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import { lately } from './panel.ts';
import { test as base } from './stack-test.ts';
import { root } from './start-stack.ts';

/** The backends of a shop in which a customer has ordered something, and looked for what there is not. */
const test = base.extend('backends', { scope: 'file' }, async ({ stack }) => {
  const { browser } = await newCustomer(stack);
  await browser.submit(await browser.open('/product/laptop-pro'), '/product/laptop-pro', { quantity: '1' });
  await browser.submit(await browser.open('/checkout'), '/checkout/process');
  await fetch(`${stack.urls.frontend}/product/no-longer-sold`);
  return backendsOf(stack);
});

/** The queries of a runbook: its indented blocks, in which a line begins a query unless it is indented further. */
function queriesOf(runbook: string): string[] {
  const blocks = runbook.match(/^ {6}.*(?:\n {6}.*)*/gm) ?? [];
  return blocks.flatMap((block) => block.split(/\n {6}(?! )/).map((query) => query.trim()));
}

const runbooks = globSync('docs/runbooks/*.md', { cwd: root }).map((file) => ({
  alert: basename(file, '.md'),
  queries: queriesOf(readFileSync(join(root, file), 'utf8')),
}));

test.for(runbooks)(
  'When the queries of the runbook of $alert are asked, then there are answers, and every name in them is there',
  async ({ queries }, { backends }) => {
    const ofLogs = queries.filter((query) => query.startsWith('{'));
    const ofMetrics = queries.filter((query) => !query.startsWith('{'));
    expect(ofLogs.length + ofMetrics.length).toBeGreaterThan(0);
    for (const query of ofLogs) {
      await backends.loki.queryRange(query, newest());
      for (const [, text] of query.matchAll(/`([^`]+)`/g)) expect(messages).toContain(text);
    }
    for (const query of ofMetrics) await backends.prometheus.query(query);
    const areThere = async () => {
      expect(await namesInLoki(backends)).toEqual(expect.arrayContaining(ofLogs.flatMap(namesIn)));
      expect(await namesInPrometheus(backends)).toEqual(expect.arrayContaining(ofMetrics.flatMap(namesIn)));
    };
    await vi.waitFor(areThere, { timeout: 60_000, interval: 1000 });
  },
);

const messages = Object.values({ ...kitLogs, ...shopLogs })
  .map(({ message }) => message)
  .join('\n');

/** The names of metrics and labels in a query. */
function namesIn(query: string): string[] {
  const words = query.replaceAll(/"[^"]*"|`[^`]*`|\[\w+\]/g, '').match(/[a-z_][\w:]*/gi) ?? [];
  return words.filter((word) => !['sum', 'by', 'rate', 'increase', 'histogram_quantile'].includes(word));
}

/** What is recorded only when something fails is there as a rule. */
async function namesInPrometheus({ prometheus }: Backends): Promise<readonly string[]> {
  const [series, rules] = await Promise.all([prometheus.query('{__name__=~".+"}'), prometheus.rules()]);
  const names = series.flatMap(({ labels }) => [labels.__name__ ?? '', ...Object.keys(labels)]);
  return [...new Set([...names, ...rules.map(({ name }) => name)])];
}

async function namesInLoki({ loki }: Backends): Promise<readonly string[]> {
  const found = await loki.queryRange('{service_namespace="vitrine"}', newest());
  return [...new Set(found.flatMap(({ labels, metadata }) => Object.keys({ ...labels, ...metadata })))];
}

function newest() {
  return { ...lately(), limit: 1000, direction: 'backward' } as const;
}
