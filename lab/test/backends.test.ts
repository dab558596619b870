import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { underLock } from '../src/lock.ts';
import { createBackends } from '../src/native/backends/backends.ts';
import {
  collectorComponents,
  programNames,
  programs,
  shopPrograms,
} from '../src/native/backends/programs.ts';
import { poll } from '../src/poll.ts';
import { inspectProcess } from '../src/process-table.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A Go that notes what it is asked, and makes a script instead of a program. */
const go = `
if [ "$1" = env ]; then echo "$GO_VERSION"; [ -e go.mod ] || echo "$GOTOOLCHAIN"; exit; fi
echo "$@" >> "$CALLS"
if [ -n "$GO_FAILS" ]; then echo "go: downloading example.org/x"; echo "$GO_FAILS" >&2; exit 1; fi
if [ -n "$GO_HANGS" ]; then echo $$ > "$GO_HANGS"; exec /bin/sleep 60; fi
while [ "$1" != -o ]; do shift; done
echo compiled > "$2"; /bin/chmod +x "$2"`;

/** A machine with nothing but a Go, unless said otherwise; `scripts` are the programs on its PATH, by name. */
function machine({ environment = {}, scripts = { go } as Record<string, string> } = {}) {
  const folder = temporaryFolder();
  const places = { root: join(folder, 'repository'), cache: join(folder, 'cache'), bin: join(folder, 'bin') };
  cpSync(resolve(import.meta.dirname, '../../native'), join(places.root, 'native'), { recursive: true });
  mkdirSync(places.bin);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(places.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const tools = {
    PATH: `${places.bin}`,
    GO_VERSION: 'go1.99.0',
    GOTOOLCHAIN: 'auto',
    CALLS: calls,
    ...environment,
  };
  const lines: string[] = [];
  const interruption = new AbortController();
  const open = () =>
    createBackends(
      { root: places.root, cache: places.cache, tools },
      { report: (line) => lines.push(line), signal: interruption.signal },
    );
  const readCalls = () => readFileSync(calls, 'utf8').split('\n').slice(0, -1);
  const interrupt = (why: Error) => interruption.abort(why);
  return { ...places, tools, open, lines, readCalls, interrupt };
}

test('When a program is not here, then it is compiled once, and the record says what it is', async () => {
  const { cache, open, lines, readCalls } = machine();
  expect(await open().find('loki')).toBeUndefined();
  const path = await open().compile('loki');
  expect(path).toBe(join(cache, 'bin/loki'));
  expect(await open().find('loki')).toBe(path);
  expect(await open().compile('loki')).toBe(path);
  expect(readCalls()).toHaveLength(1);
  expect(lines).toEqual([
    expect.stringMatching(/^ {2}compiling loki \(about \d+ s\) …$/),
    expect.stringMatching(/^ {2}loki 3\.7\.8 is compiled \(0 s\)$/),
  ]);
  expect(JSON.parse(readFileSync(join(cache, 'bin/versions.json'), 'utf8'))).toEqual({
    loki: {
      module: 'native/loki',
      version: programs.loki.version,
      sources: expect.stringMatching(/^[0-9a-f]{64}$/),
      compiledAt: expect.any(String),
    },
  });
});

/** The programs that Go was asked to compile, in this order. */
const compiledBy = (calls: readonly string[]) =>
  calls.map((call) => /-o \S+\/([\w-]+)\.\d+ /.exec(call)?.[1]);

test('When programs are asked for at once, then they are compiled one after the other, and it is known which is next', async () => {
  const pidFile = join(temporaryFolder(), 'pid');
  const { open, readCalls, interrupt } = machine({ environment: { GO_HANGS: pidFile } });
  const backends = open();
  const compiling = Promise.allSettled(shopPrograms.map(backends.compile));
  await poll(() => existsSync(pidFile) || undefined, { intervalMs: 10, limitMs: 15_000 });
  const { pid } = process;
  expect([...shopPrograms, 'k6' as const].map(open().findCompilation)).toEqual([
    { pid },
    { pid, after: 'otelcol' },
    { pid, after: 'jaeger' },
    { pid, after: 'prometheus' },
    undefined,
  ]);
  interrupt(new Error('enough'));
  await compiling;
  expect(compiledBy(readCalls())).toEqual(['otelcol']);
  expect(shopPrograms.map(open().findCompilation)).toEqual(shopPrograms.map(() => undefined));
});

test('When one does not compile, then that is said at once, and the others are compiled', async () => {
  const fails = `case "$*" in *jaeger*) GO_FAILS=no ;; esac\n${go}`;
  const { open, lines, readCalls } = machine({ scripts: { go: fails } });
  const { compile } = open();
  const outcomes = await Promise.allSettled(shopPrograms.map(compile));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(compiledBy(readCalls())).toEqual([...shopPrograms]);
  const saidAt = (words: string) => lines.findIndex((line) => line.includes(words));
  expect(saidAt('jaeger does not compile: ')).toBeGreaterThan(saidAt('compiling jaeger'));
  expect(saidAt('jaeger does not compile: ')).toBeLessThan(saidAt('compiling prometheus'));
});

test('When programs will be compiled, then it is said how long that takes, and when the first trace is there', () => {
  const { forecast } = machine().open();
  const minutes = (text: string, before: string) => {
    const [, count, unit] = new RegExp(`${before}about (\\d+) (s|minutes)`).exec(text) ?? [];
    return unit === 's' ? Number(count) / 60 : Number(count);
  };
  const all = forecast(shopPrograms);
  expect(all).toContain(`Compiling ${shopPrograms.join(', ')} takes about `);
  expect(all).toMatch(availableParallelism() === 1 ? / on one core/ : ` on ${availableParallelism()} cores`);
  const toTrace = minutes(all, ', and ');
  expect(toTrace).toBeGreaterThan(0);
  expect(toTrace).toBeLessThan(minutes(all, 'takes '));
  expect(forecast(['prometheus', 'loki'])).not.toContain('first trace');
});

test('When ./vitrine backends is asked, then it compiles what a shop needs, and the rest by name only', () => {
  const { root: _, bin, tools, readCalls } = machine();
  const backends = (...names: readonly string[]) => {
    const cli = resolve(import.meta.dirname, '../src/cli.ts');
    const env = { ...tools, CALLS: undefined, GO_CALLS: tools.CALLS, HOME: bin };
    const run = spawnSync(process.execPath, [cli, 'backends', ...names], { env, encoding: 'utf8' });
    return { status: run.status, stdout: run.stdout, stderr: run.stderr };
  };
  writeFileSync(join(bin, 'go'), `#!/bin/sh\nCALLS=$GO_CALLS\n${go}\n`, { mode: 0o755 });
  expect(backends('postgres')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('The programs are otelcol, jaeger, prometheus, loki, promtool, k6, '),
  });
  const first = backends();
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toMatch(/^k6 +missing +\.\/vitrine backends k6$/m);
  expect(compiledBy(readCalls())).toEqual([...shopPrograms]);
  expect(backends('k6', 'loki')).toMatchObject({ status: 0, stderr: '' });
  expect(backends('all')).toMatchObject({ status: 0, stderr: '' });
  expect(compiledBy(readCalls())).toEqual([...shopPrograms, 'k6', 'promtool', 'prometheus-kubernetes']);
});

test('When a pin changes, then what was compiled before does not count, and the rest does', async () => {
  const { root, open } = machine();
  await Promise.all([open().compile('jaeger'), open().compile('k6')]);
  writeFileSync(join(root, 'native/jaeger/go.mod'), 'module changed\n');
  expect(await open().find('jaeger')).toBeUndefined();
  expect(await open().find('k6')).toBeDefined();
  await open().compile('jaeger');
  writeFileSync(join(root, 'native/jaeger/left-out/kafkareceiver/factory.go'), 'package changed\n');
  expect(await open().find('jaeger')).toBeUndefined();
});

test('When a process was killed while it compiled, then its draft goes, and is never what is kept', async () => {
  const { cache, open, readCalls } = machine();
  const workshop = join(cache, 'build/loki');
  mkdirSync(workshop, { recursive: true });
  writeFileSync(join(workshop, 'loki.1'), 'half a program');
  await open().compile('loki');
  expect(readCalls()).toEqual([expect.stringContaining(` -o ${join(workshop, `loki.${process.pid}`)} `)]);
  expect(readdirSync(workshop)).toEqual(['loki.log']);
});

test('When another process keeps a program at the same time, then the record has both', async () => {
  const { cache, open, lines } = machine();
  await open().compile('jaeger');
  const bin = join(cache, 'bin');
  const record = join(bin, 'versions.json');
  const waiting = { onWait: () => {}, signal: new AbortController().signal };
  let compiling: Promise<unknown> | undefined;
  await underLock(bin, waiting, async () => {
    const { jaeger } = JSON.parse(readFileSync(record, 'utf8'));
    compiling = open().compile('loki');
    const isCompiled = () => lines.some((line) => line.includes('loki 3.7.8 is compiled')) || undefined;
    await poll(isCompiled, { intervalMs: 10, limitMs: 15_000 });
    writeFileSync(record, JSON.stringify({ jaeger, k6: jaeger }));
  });
  await compiling;
  expect(Object.keys(JSON.parse(readFileSync(record, 'utf8'))).sort()).toEqual(['jaeger', 'k6', 'loki']);
  expect(readdirSync(bin).sort()).toEqual(['jaeger', 'loki', 'versions.json']);
});

test('When another process compiles it, then that is said, and its death is noticed', async () => {
  const { cache, open, lines } = machine();
  const other = spawn('sleep', ['60']);
  onTestFinished(() => void other.kill());
  const pid = other.pid ?? 0;
  mkdirSync(join(cache, 'build/k6/lock'), { recursive: true });
  writeFileSync(join(cache, `build/k6/lock/${pid}.${inspectProcess(pid)?.birth}.1`), '');
  const compiling = open().compile('k6');
  const isSaid = () => lines.some((line) => line.includes(`process ${pid} is compiling k6`)) || undefined;
  expect(await poll(isSaid, { intervalMs: 10, limitMs: 15_000 })).toBe(true);
  other.kill();
  expect(await compiling).toBe(join(cache, 'bin/k6'));
});

test('When a program on PATH never answers, then it is not used', async () => {
  const soon = AbortSignal.timeout.bind(AbortSignal, 200);
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => soon());
  onTestFinished(() => timeout.mockRestore());
  const { open } = machine({ scripts: { loki: 'exec /bin/sleep 60' } });
  expect(await open().find('loki')).toBeUndefined();
});

const listing = collectorComponents.map((name) => `  - name: ${name}`).join('\n');
const collector = (components: string) =>
  `[ "$1" = components ] && echo "${components}" || echo otelcol version 0.155.0`;
test.each([
  ['a later jaeger', 'jaeger', 'jaeger', 'echo \'{"gitVersion":"v2.13.4"}\'', undefined],
  ['an older prometheus', 'prometheus', 'prometheus', 'echo prometheus, version 2.42.0', '3.16.0 is wanted'],
  ['a k6 that does not run', 'k6', 'k6', 'exit 1', 'unknown: 1.8.1 is wanted'],
  ['a whole collector', 'otelcol', 'otelcol-contrib', collector(`receivers:\n${listing}`), undefined],
  [
    'a small collector',
    'otelcol',
    'otelcol',
    collector('receivers:\n  - name: otlp'),
    'it lacks health_check',
  ],
  ['a collector of another kind', 'otelcol', 'otelcol', collector('a: b: ['), 'it lacks health_check, otlp'],
] as const)('When PATH has %s, then it is used if it fits', async (_, name, command, script, unfit) => {
  const { bin, open } = machine({ scripts: { go, [command]: script } });
  const report = (await open().list()).find((each) => each.name === name);
  expect(report).toMatchObject(
    unfit ? { note: expect.stringContaining(unfit) } : { path: join(bin, command) },
  );
  expect(await open().find(name)).toBe(unfit ? undefined : join(bin, command));
});

test.each([
  ['write /x: no space left on device', 'the disk is full'],
  ['dial tcp: lookup proxy.example: no such host', 'its sources cannot be fetched'],
  ['verifying module: checksum mismatch', 'the downloaded sources differ from go.sum'],
  ['go: download go1.26.7 for linux/amd64: toolchain not available', 'the newer Go that it needs cannot be'],
  ['./main.go:1: syntax error', 'Go refuses it.'],
])('When Go says "%s", then the reason is told and nothing is kept', async (says, reason) => {
  const { cache, open } = machine({ environment: { GO_FAILS: says } });
  const failure = await open().compile('promtool').catch(String);
  expect(failure).toContain(`promtool does not compile: ${reason}`);
  expect(failure).toContain(says);
  expect(failure).not.toContain('downloading');
  expect(existsSync(join(cache, 'bin'))).toBe(false);
});

test.each([
  ['there is none', {}, {}, 'there is no Go to compile it with: install Go 1.26.7 or newer'],
  ['it fails', { go: 'echo go: no such thing; exit 1' }, {}, 'does not work: go: no such thing; install'],
])('When Go is needed and %s, then it says what to install', async (_, scripts, environment, message) => {
  const { open } = machine({ scripts, environment });
  expect(await open().whyNotCompilable('otelcol')).toContain(message);
});

test.each([
  ...['go1.9', 'go1.19.8', 'go1.20', 'go1.20.14'].map((version) => [version, 'auto', false] as const),
  ...['go1.21.0', 'go1.26.6'].map((version) => [version, 'auto', true] as const),
  ['go1.26.6', 'go1.26.6+auto', true],
  ['go1.26.6', 'local', false],
  ['go1.26.7', 'local', true],
  ['go1.27rc1', 'local', true],
  ['devel go1.28-0123456789 Tue Feb 3 04:05:06 2026 +0000', 'local', true],
] as const)(
  'When Go is %s, and its GOTOOLCHAIN %s, then it will do: %s',
  async (GO_VERSION, GOTOOLCHAIN, will) => {
    const { open } = machine({ environment: { GO_VERSION, GOTOOLCHAIN } });
    const tooOld = `Go ${GO_VERSION.slice(2)} is too old to compile it: install Go 1.26.7`;
    expect(await open().whyNotCompilable('loki')).toEqual(will ? undefined : expect.stringContaining(tooOld));
  },
);

test('When it is interrupted, then the compiler ends and nothing half-made stays', async () => {
  const pidFile = join(temporaryFolder(), 'pid');
  const { cache, open, interrupt } = machine({ environment: { GO_HANGS: pidFile } });
  const compiling = open().compile('loki').catch(String);
  const readPid = () => Number(existsSync(pidFile) && readFileSync(pidFile, 'utf8')) || undefined;
  const pid = (await poll(readPid, { intervalMs: 10, limitMs: 15_000 })) ?? 0;
  interrupt(new Error('enough'));
  expect(await compiling).toBe('Error: enough');
  const isGone = () => inspectProcess(pid) === undefined || undefined;
  expect(await poll(isGone, { intervalMs: 10, limitMs: 15_000 })).toBe(true);
  expect(existsSync(join(cache, 'bin'))).toBe(false);
  expect(readdirSync(join(cache, 'build/loki'))).toEqual(['loki.log']);
});

test('When it is killed, then the compiler ends, too', async () => {
  const pidFile = join(temporaryFolder(), 'pid');
  const { root, cache, tools } = machine({ environment: { GO_HANGS: pidFile } });
  const module = resolve(import.meta.dirname, '../src/native/backends/backends.ts');
  const script = `
    const { createBackends } = await import(${JSON.stringify(module)});
    const { signal } = new AbortController();
    await createBackends(${JSON.stringify({ root, cache, tools })}, { report() {}, signal }).compile('loki');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const readPid = () => Number(existsSync(pidFile) && readFileSync(pidFile, 'utf8')) || undefined;
  const pid = (await poll(readPid, { intervalMs: 10, limitMs: 15_000 })) ?? 0;
  expect(inspectProcess(pid)).toBeDefined();
  child.kill('SIGKILL');
  const isGone = () => inspectProcess(pid) === undefined || undefined;
  expect(await poll(isGone, { intervalMs: 10, limitMs: 15_000 })).toBe(true);
});

test('Every module wants the same Go, and pins the version that its programs are said to be', () => {
  for (const name of programNames) {
    const { module, version } = programs[name];
    const pins = readFileSync(resolve(import.meta.dirname, '../../native', module, 'go.mod'), 'utf8');
    expect(pins).toContain('\ngo 1.26.7\n');
    // Prometheus 3.16.0 is v0.316.0 as a module, and Jaeger 2.13.0 is v1.76.0, the same commit.
    const pinned = { prometheus: 'v0.316.0', jaeger: 'v1.76.0' }[module as string] ?? `v${version}`;
    expect(pins).toContain(` ${pinned}`);
  }
});
