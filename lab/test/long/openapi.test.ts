import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import { z } from 'zod';
import { requestsTo } from '../../../test/request.ts';
import { runProgram } from '../../src/native/run-program.ts';
import { type Site, startStack } from '../stack/start-stack.ts';

const SCHEMATHESIS = '4.32.5';
const CASES = 5000;

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('folder', { scope: 'file' }, async ({}, { onCleanup }) => {
    const needed = 'This test needs Python 3.10 or newer with venv (Debian and Ubuntu: python3-venv)';
    await run(tmpdir(), 'python3', ['-c', 'import ensurepip, venv'], needed);
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-schemathesis-'));
    onCleanup(() => rm(folder, { recursive: true }));
    await run(folder, 'python3', ['-m', 'venv', folder], needed);
    const install = ['install', '--quiet', `schemathesis==${SCHEMATHESIS}`];
    await run(folder, join(folder, 'bin/pip'), install, `Schemathesis ${SCHEMATHESIS} cannot be installed`);
    return folder;
  })
  // A shop of its own, for its catalogue will not be one. Hashes of passwords are cheap in it.
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('shop', { scope: 'file' }, async ({}, { onCleanup }) => {
    const shop = await startStack({ BCRYPT_COST: '4' });
    onCleanup(shop.stop);
    return shop;
  })
  // Both keys are made before anything is asked: guesses of the administrator's password block the login.
  .extend('apiKeys', { scope: 'file' }, async ({ shop }) => ({
    apiKey: await logIn(shop),
    revoked: await logIn(shop),
  }));

// The products come last: the carts need those that the shop opens with.
test.for(['order-service', 'user-service', 'product-service'] as const)(
  `When %s is sent ${CASES} requests made from its OpenAPI document, then it does what is declared, and nothing else`,
  async (service, { folder, shop, apiKeys: { apiKey, revoked } }) => {
    const logout = `[[operations]]
include-name = "POST /api/user/logout"
headers = { Authorization = "Bearer ${revoked}" }`;
    const settings = `headers = { Authorization = "Bearer ${apiKey}" }
[warnings]
fail-on = ["missing_auth", "unsupported_regex", "validation_mismatch"]
${service === 'user-service' ? logout : ''}`;
    await writeFile(join(folder, 'schemathesis.toml'), settings);
    for (let cases = 0, seed = 1; cases < CASES; seed += 1) {
      const all = [
        '--checks',
        'all',
        '--continue-on-failure',
        '--max-examples',
        '400',
        '--seed',
        String(seed),
      ];
      // A busy machine is no reason to fail.
      const other = ['--suppress-health-check', 'too_slow', '--no-color', '--generation-database', 'none'];
      // A fault would make all else fail.
      const less = ['--exclude-path', '/internal/faults'];
      const document = `${shop.urls[service]}/openapi.json`;
      const report = await run(
        folder,
        join(folder, 'bin/st'),
        ['run', document, ...all, ...less, ...other],
        `The OpenAPI document of ${service} says something else than the service does`,
      );
      cases += Number(/(\d+) generated/.exec(report)?.[1] ?? Number.NaN);
      if (Number.isNaN(cases)) throw new Error(`Schemathesis does not count its cases:\n${report}`);
    }
  },
);

/** Runs a program to its end. @returns its output, which the error has otherwise */
async function run(directory: string, program: string, args: readonly string[], failure: string) {
  const { status, output } = await runProgram(program, args, {
    directory,
    environment: {
      // biome-ignore lint/style/noProcessEnv: pip may be set up by it
      ...process.env,
      SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    signal: AbortSignal.timeout(600_000),
  }).catch((error) => ({ status: 1, output: String(error) }));
  if (status !== 0) throw new Error(`${failure}:\n${output}`);
  return output;
}

/** Logs the administrator in. @returns the new api key */
async function logIn({ urls }: Site): Promise<string> {
  const json = { username: 'admin', password: 'admin123' };
  const { body } = await requestsTo(urls['user-service'])('POST /api/user/login', { json });
  return z.object({ api_key: z.string() }).parse(body).api_key;
}
