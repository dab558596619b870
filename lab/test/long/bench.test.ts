import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { newCustomer } from '../stack/customer.ts';
import { test } from '../stack/stack-test.ts';
import { root, runVitrine } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const parts = [
  ...['frontend', 'user-service', 'product-service', 'order-service'],
  ...['otel-collector', 'jaeger', 'prometheus', 'loki', 'user_dbase', 'product_dbase', 'order_dbase'],
];

/** The variables for a bench whose shops stay in a folder of its own. Of what it leaves there, processes end with the test. */
function ownFolder() {
  const TMPDIR = temporaryFolder();
  onTestFinished(() => {
    for (const pid of processesIn(TMPDIR)) process.kill(pid, 'SIGKILL');
  });
  // biome-ignore lint/style/noProcessEnv: a shell in which someone runs ./vitrine
  return { ...process.env, TMPDIR };
}

/** Each process of a shop has the variable TMPDIR of the command that started it. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

async function expectNothingIn(folder: string): Promise<void> {
  expect(readdirSync(folder)).toEqual([]);
  // The shell that waits for a part's process ends a moment after it.
  await expect.poll(() => processesIn(folder), { timeout: 10_000 }).toEqual([]);
}

test('When the whole stack is measured, then each part has CPU time and memory, and nothing of it stays', async () => {
  const environment = ownFolder();
  const options = ['--stack', '--rounds', '1', '--seconds', '5', '--only', 'trip, 4'];
  const { status, stdout, stderr } = await runVitrine(environment, 'bench', ...options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^\| trip, 4 customers \| this \| .* \| 0 \|$/m);
  const [cpu = '', memory = ''] = stdout.split(/^\| memory/m);
  for (const part of [...parts, 'all services']) {
    expect(cpu).toMatch(new RegExp(`^\\| ${part} \\| (?!0\\.00 )\\d+\\.\\d+ \\|$`, 'm'));
    expect(memory).toMatch(new RegExp(`^\\| ${part} \\| \\d+ \\(\\d+\\) \\| \\d+ \\(\\d+\\) \\|$`, 'm'));
  }
  await expectNothingIn(environment.TMPDIR);
});

test('When Ctrl-C ends the measurement, then its shop is stopped and deleted', async () => {
  const environment = ownFolder();
  const bench = spawn(join(root, 'vitrine'), ['bench', '--stack'], { env: environment });
  const ended = once(bench, 'close');
  bench.stdout.setEncoding('utf8');
  let said = '';
  for await (const text of bench.stdout) {
    said += text;
    if (/Warming up/.test(said) && !bench.killed) bench.kill('SIGINT');
  }
  expect(await ended).toEqual([130, null]);
  expect(said).toMatch(/Stopping the shops …\n$/);
  await expectNothingIn(environment.TMPDIR);
});

test('When the dashboards are measured, then it shows what each costs the backends, and the longest queries', async ({
  stack,
}) => {
  const { browser } = await newCustomer(stack);
  await browser.open('/product/laptop-pro');
  // The variable of a dashboard has something to offer once the metrics of a request have arrived.
  const { stdout } = await vi.waitFor(
    async () => {
      const outcome = await stack.vitrine('bench', '--dashboards', '--rounds', '1');
      expect(outcome).toMatchObject({ status: 0, stderr: '' });
      return outcome;
    },
    { timeout: 60_000, interval: 1000 },
  );
  for (const title of ['Overview', 'Service', 'Shop', 'Databases', 'Pipeline', 'Service map'])
    expect(stdout).toMatch(new RegExp(`^\\| ${title} \\| \\d+ \\| \\S+ \\| \\S+ \\| \\S+ \\|$`, 'm'));
  expect(stdout).toMatch(/^\| Service, panel “.+” \| prometheus \| [\d.]+ \|$/m);
  expect(stdout).toMatch(/data of \d+ of the last 60 minutes/);
});
