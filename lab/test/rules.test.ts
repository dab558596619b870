import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createBackends } from '../src/native/backends/backends.ts';
import { runProgram } from '../src/native/run-program.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const ruleFiles = globSync('prometheus/rules/*.yml', { cwd: root });
const testFiles = globSync('prometheus/tests/*.yml', { cwd: root });

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          labels: z.record(z.string(), z.string()).default({}),
          annotations: z.record(z.string(), z.string()).default({}),
        }),
      ),
    }),
  ),
});

let promtool: (...args: readonly string[]) => Promise<{ status: number | null; output: string }>;

// Compiling promtool takes three quarters of a minute, once.
beforeAll(async () => {
  const { signal } = new AbortController();
  // biome-ignore lint/style/noProcessEnv: where programs are, as whoever runs the tests has it
  const environment = process.env;
  const settings = readSettings(findPlaces(environment), environment);
  // biome-ignore lint/suspicious/noConsole: a person who waits wants to know what for
  const backends = createBackends(settings, { report: (line) => console.info(line), signal });
  const program = await backends.compile('promtool');
  promtool = (...args) => runProgram(program, args, { directory: root, environment: {}, signal });
}, 600_000);

test('Prometheus takes its configuration, and every rule', async () => {
  const { status, output } = await promtool(
    'check',
    'config',
    '--lint=all',
    '--lint-fatal',
    'prometheus.yml',
  );
  expect(status, output).toBe(0);
  expect(output).toContain(`${ruleFiles.length} rule files found`);
});

test.each(testFiles)('The rules do what %s wants of them', async (file) => {
  const { status, output } = await promtool('test', 'rules', file);
  expect(status, output).toBe(0);
});

test.each(testFiles)('They do so, too, when alerts see recordings of 5 s before: %s', async (file) => {
  const test = readFileSync(join(root, file), 'utf8')
    .replace(/^group_eval_order: \[(.+), alerts\]$/m, 'group_eval_order: [alerts, $1]')
    .replaceAll('../rules', join(root, 'prometheus/rules'));
  expect(test).toContain('group_eval_order: [alerts, ');
  const changed = join(temporaryFolder(), 'test.yml');
  writeFileSync(changed, test);
  const { status, output } = await promtool('test', 'rules', changed);
  expect(status, output).toBe(0);
});

test.each(alerts())(
  'Alert $alert says how grave it is and what to do, and is tested',
  ({ alert, labels, annotations }) => {
    expect(labels.severity).toMatch(/^(?:critical|warning)$/);
    expect(annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
    expect(annotations.runbook_url).toBe(`{{ $externalLabels.console }}/runbooks/${alert}`);
    expect(existsSync(join(root, `docs/runbooks/${alert}.md`))).toBe(true);
    const wanted = `alertname: ${alert}\n`;
    expect(testFiles.some((file) => readFileSync(join(root, file), 'utf8').includes(wanted))).toBe(true);
  },
);

function alerts() {
  const groups = ruleFiles.flatMap(
    (file) => rulesSchema.parse(parse(readFileSync(join(root, file), 'utf8'))).groups,
  );
  return groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, ...rule }) => (alert ? [{ alert, ...rule }] : [])),
  );
}
