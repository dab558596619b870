import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { readStatus } from './part-status.ts';
import { prepareSite, root } from './start-stack.ts';

/** Takes programs from where they are compiled already, each once there is a file of its name; refuses with the file's words. */
const go = `#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
while [ "$1" != -o ]; do shift; done
program=$(basename "$(dirname "$2")")
echo "$program" >>"$GO_CALLS"
until [ -e "$GO_GATES/$program" ]; do sleep 0.1; done
if [ -s "$GO_GATES/$program" ]; then cat "$GO_GATES/$program" >&2; exit 1; fi
exec cp "$GO_PROGRAMS/$program" "$2"
`;

// biome-ignore lint/style/noProcessEnv: where programs are, as whoever runs the tests has it
const shell = process.env;

test('When backends are compiled at the first start, then what is compiled shows the first trace meanwhile, and the shop runs without what does not compile', async () => {
  const folder = temporaryFolder();
  const [bin, gates, calls] = [join(folder, 'bin'), join(folder, 'gates'), join(folder, 'calls')];
  for (const each of [bin, gates]) mkdirSync(each);
  writeFileSync(join(bin, 'go'), go, { mode: 0o755 });
  const { cache } = readSettings(findPlaces(shell), shell);
  const site = await prepareSite({
    ...{ PATH: `${bin}:${shell.PATH}`, XDG_CACHE_HOME: join(folder, 'cache') },
    ...{ GO_CALLS: calls, GO_GATES: gates, GO_PROGRAMS: join(cache, 'bin') },
  });
  onTestFinished(site.stop);
  const open = (program: string, words = '') => writeFileSync(join(gates, program), words);

  open('otelcol');
  open('jaeger');
  const up = spawn(join(root, 'start.sh'), { env: site.environment, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void up.kill());
  const ended = once(up, 'close');
  const [stdout, stderr] = [text(up.stdout), text(up.stderr)];
  const states = async () => (await readStatus(site)).states;
  await expect.poll(states, { timeout: 90_000, interval: 500 }).toMatchObject({
    ...{ frontend: 'ready', 'otel-collector': 'ready', jaeger: 'ready', console: 'ready' },
    ...{ prometheus: 'being compiled', loki: 'being compiled' },
  });
  const rows = await readStatus(site);
  expect(rows.status).toBe(1);
  expect(rows.stdout).toMatch(/^loki +being compiled .* by process \d+, after prometheus$/m);

  const traceId = (await fetch(site.urls.frontend)).headers.get('x-trace-id') ?? '';
  const console = openBrowser(`http://127.0.0.1:${site.ports.console}`);
  const status = async () => (await console.open(`/trace/${traceId}`)).status;
  await expect.poll(status, { timeout: 60_000 }).toBe(200);
  const notices = (await console.open(`/trace/${traceId}`)).html
    .querySelectorAll('.notice')
    .map(({ textContent }) => textContent);
  expect(notices).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Prometheus at \S+ cannot be asked: it is being compiled\.$/),
      expect.stringMatching(/^Loki at \S+ cannot be asked: it will be compiled after prometheus\.$/),
    ]),
  );
  expect((await site.vitrine('trace', traceId)).stdout).toContain('it will be compiled after prometheus.');
  for (const command of [['verify'], ['scenario', 'crash']]) {
    expect(await site.vitrine(...command)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('prometheus, loki are still being compiled. Ask again when'),
    });
  }

  open('loki', 'write /x: no space left on device\n');
  open('prometheus');
  expect(await ended).toEqual([1, null]);
  expect(await stdout).toMatch(/^Compiling otelcol, jaeger, prometheus, loki takes about .* first trace, /m);
  expect(await stderr).toMatch(/^loki does not compile: the disk is full\..*\nThe shop itself is open: /ms);
  expect(await states()).toMatchObject({ frontend: 'ready', prometheus: 'ready', loki: 'unavailable' });

  open('loki');
  expect(await site.vitrine('up')).toMatchObject({ status: 0, stderr: '' });
  expect(await states()).toMatchObject({ loki: 'ready' });
  expect(readFileSync(calls, 'utf8')).toBe('otelcol\njaeger\nprometheus\nloki\nloki\n');
});
