import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen } from '../../test/listen.ts';
import { benchAgainst } from '../src/bench/against.ts';
import { memoryTable } from '../src/bench/breakdown.ts';
import { openingTable } from '../src/bench/dashboards.ts';
import { measureTrips, registerCustomers, tripSteps } from '../src/bench/measure-trips.ts';
import { againstTable, comparisonLines, comparisonTable, type Measurement } from '../src/bench/report.ts';
import { chooseScenarios, scenarios } from '../src/bench/scenarios.ts';
import { stackTables } from '../src/bench/stack.ts';
import { type Contender, inTurn, measureInTurns } from '../src/bench/turns.ts';
import { cpuMsEach, usageOf } from '../src/bench/usage.ts';
import { withWholeShops } from '../src/bench/whole-shops.ts';
import { UsageError } from '../src/lab-error.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aRun: Omit<Measurement, 'variant'> = {
  ...{ scenario: 'home page', count: 100, perSecond: 100, p50Ms: 1, p95Ms: 10, p99Ms: 20, failures: 0 },
  ...{ cpuMs: 4, spans: 2 },
};

test('When two builds are compared, then each round of a shop is set against the same round of the other build’s', () => {
  const rates = {
    'this, on': [50, 200, 120],
    'other, on': [100, 100, 100],
    'other again, on': [110, 90, 100],
    'this again, on': [55, 180, 120],
  };
  const runs = Object.entries(rates).flatMap(([variant, each]) =>
    each.map((perSecond) => ({ ...aRun, variant, perSecond, spans: variant === 'this, on' ? 3 : 2 })),
  );
  expect(againstTable(runs)).toContain(
    '| home page | on | 120 % (50–200) | 100 % (90–110) | 100 % (100–100) | 100 % (100–100) | 100 % (100–100) | 100 % (100–100) | 3.00 / 2.00 |',
  );
});

test('When the bare handler was not measured, then nothing is compared with it', () => {
  const runs = ['telemetry off', 'telemetry on'].map((variant) => ({ ...aRun, variant }));
  expect(comparisonLines(runs).join('\n')).not.toMatch(/bare handler/);
  expect(comparisonLines([{ ...aRun, variant: 'bare handler', perSecond: 125 }, ...runs]).join('\n')).toMatch(
    /against the bare handler: 80 % \(80–80\)/,
  );
});

test('The memory of all services leaves out the databases', () => {
  const parts = ['frontend', 'order-service', 'order_dbase'].map((part) => ({
    ...{ part, residentBytes: 80e6, privateBytes: 30e6 },
  }));
  expect(memoryTable({ off: parts, on: parts }).slice(-3)).toEqual([
    '| all services | 160 (60) | 160 (60) |',
    '| all databases | 80 (30) | 80 (30) |',
    '| all parts | 240 (90) | 240 (90) |',
  ]);
});

test('Contenders take turns in reversed order every other round', () => {
  expect([1, 2, 3].map((round) => inTurn(['a', 'b'], round).join(''))).toEqual(['ab', 'ba', 'ab']);
});

test('When scenarios are chosen by words, then those with the words in their names are run', () => {
  expect(chooseScenarios('trip')).toHaveLength(2);
  expect(chooseScenarios('')).toEqual(scenarios);
  expect(() => chooseScenarios('nonsense')).toThrow(UsageError);
});

test('When the other build is none, then the bench says in one line what its folder lacks', async () => {
  const folder = join(temporaryFolder(), 'absent');
  const conversation = { report: () => {}, signal: new AbortController().signal };
  await expect(benchAgainst(folder, scenarios, { rounds: 1, seconds: 1 }, conversation)).rejects.toThrow(
    new UsageError(`--against: ${folder} is no build of Vitrine, for it has no scripts/node.sh.`),
  );
});

test('When builds with all their backends are measured, then each part has its CPU time, and the original has none', () => {
  const cpu = (frontend: number, loki: number) => ({ frontend, loki, order_dbase: 1 });
  const runs = [
    { ...aRun, variant: 'this', perSecond: 150, cpuMs: 5, cpuMsByPart: cpu(3, 1), stepMs: { cart: 2 } },
    { ...aRun, variant: 'this', perSecond: 120, cpuMs: 6, cpuMsByPart: cpu(4, 1), stepMs: { cart: 3 } },
    { ...aRun, variant: 'other', cpuMs: 10, cpuMsByPart: cpu(6, 3), stepMs: { cart: 4 } },
    { ...aRun, variant: 'other', cpuMs: 10, cpuMsByPart: cpu(5, 4), stepMs: { cart: 4 } },
    ...[1, 2].map(() => ({
      ...aRun,
      variant: 'original',
      perSecond: 30,
      cpuMs: undefined,
      spans: undefined,
    })),
  ];
  expect(stackTables(runs, ['this', 'other', 'original'])).toEqual(
    expect.arrayContaining([
      '| home page | original | 30.0 / **30.0** / 30.0 | 1.0 | 10.0 | 20.0 | – | 0 |',
      '| this / other: median (min–max) | per second | p95 | CPU each | spans each |',
      '| home page | 120 % (120–150) | 100 % (100–100) | 50 % (50–60) | 2.00 / 2.00 |',
      '| home page | 400 % (400–500) | 100 % (100–100) | – | 2.00 / – |',
      '| home page: CPU ms each | this | other | this / other |',
      '| frontend | 3.00 (3.00–4.00) | 5.00 (5.00–6.00) | 50 % (50–80) |',
      '| all services | 3.00 (3.00–4.00) | 5.00 (5.00–6.00) | 50 % (50–80) |',
      '| all databases | 1.00 | 1.00 | 100 % (100–100) |',
      '| all parts | 5.00 (5.00–6.00) | 10.0 | 50 % (50–60) |',
      '| cart | 2.00 (2.00–3.00) | 4.00 | 50 % (50–75) |',
    ]),
  );
});

test('When a contender’s processes are unknown, then nobody claims to have counted its spans', async () => {
  const sample = { count: 10, perSecond: 10, p50Ms: 1, p95Ms: 1, p99Ms: 1, failures: 0 };
  const scenario = { name: 'home page', run: () => Promise.resolve(sample) };
  let spans = 0;
  const contenders: Contender[] = [
    { variant: 'this', run: scenario.run, cpuSeconds: () => ({ frontend: 1 }) },
    { variant: 'original', run: scenario.run },
  ];
  const settledSpans = async () => {
    spans += 20;
    return spans;
  };
  const measurements = await measureInTurns(
    { scenarios: [scenario], shops: [], contendersOf: () => contenders, settledSpans },
    { rounds: 1, seconds: 1 },
    { report: () => {}, signal: new AbortController().signal },
  );
  expect(comparisonTable(measurements, ['this', 'original']).at(-1)).toMatch(/ 2\.00 \/ – \|$/);
});

test('When a shop neither starts nor stops, then the bench fails for its start, stops the others and keeps its data', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const build = temporaryFolder();
  const script = (name: string, lines: string) =>
    writeFileSync(join(build, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  script('start.sh', 'mkdir -p "$VITRINE_HOME"; echo no compiler; exit 1');
  script('stop.sh', 'case "$VITRINE_HOME" in *stuck) echo no key; exit 1 ;; esac; rm -r "$VITRINE_HOME"');
  const lines: string[] = [];
  const progress = { report: (line: string) => void lines.push(line), signal: new AbortController().signal };
  const startAll = () =>
    withWholeShops(progress, async (startShop) => {
      const starts = await Promise.allSettled(['stuck', 'fine'].map((name) => startShop(name, build)));
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
    });
  await expect(startAll()).rejects.toThrow(
    /stuck \S+start\.sh --native ended with exit status 1:\nno compiler$/,
  );
  expect(lines.at(-1)).toMatch(/stuck \S+stop\.sh --reset ended with exit status 1:\nno key$/);
  const [kept = ''] = readdirSync(folder);
  expect(readdirSync(join(folder, kept))).toEqual(['stuck']);
});

test('CPU time is divided among the requests by part', () => {
  expect(cpuMsEach({ frontend: 1, loki: 2 }, { frontend: 1.5, loki: 2.1 }, 100)).toEqual({
    ...{ frontend: expect.closeTo(5), loki: expect.closeTo(1) },
  });
});

test('When a child of its process works for a part, then the part has used the CPU time', async () => {
  const shell = spawn('/bin/sh', ['-c', 'while :; do :; done & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [child] = await once(shell.stdout, 'data');
  onTestFinished(() => void process.kill(Number(child)));
  const { cpuSeconds, memory } = usageOf({ frontend: shell.pid ?? 0 });
  await expect.poll(() => cpuSeconds().frontend, { timeout: 30_000 }).toBeGreaterThan(0.1);
  expect(memory()).toEqual([
    { part: 'frontend', residentBytes: expect.any(Number), privateBytes: expect.any(Number) },
  ]);
});

test('When a part has ended, then the bench names it', () => {
  expect(() => usageOf({ loki: 2 ** 22 + 1 }).cpuSeconds()).toThrow(/^loki \(process \d+\) has ended\.$/);
});

test('When opening a dashboard costs a backend more than its limit, then the figure is bold', () => {
  const rounds = [
    { prometheus: 310, loki: 90, wallMs: 400 },
    { prometheus: 320, loki: 110, wallMs: 420 },
  ];
  expect(openingTable([{ title: 'Overview', queries: 20, rounds }]).at(-1)).toBe(
    '| Overview | 20 | **310 (310–320)** | 90 (90–110) | 400 (400–420) |',
  );
});

test('When the original is measured, then customers register, log in and buy in its own way', async () => {
  const requests: string[] = [];
  const answers: Record<string, (form: URLSearchParams) => [number, string]> = {
    'GET /': () => [200, ''],
    'GET /api/user/bench-1/exists': () => [404, '{}'],
    'POST /api/user/create': (form) => [form.get('username') === 'bench-1' ? 200 : 500, '{}'],
    'GET /login': () => [200, '<input id="csrf_token" name="csrf_token" type="hidden" value="abc">'],
    'POST /login': (form) => (form.get('csrf_token') === 'abc' ? [302, '/'] : [400, '']),
    'GET /product/laptop-pro': () => [200, ''],
    'POST /product/laptop-pro': () => [200, ''],
    'GET /checkout': () => [200, ''],
    'POST /checkout/process': () => [302, '/order/thank-you'],
    'GET /order/thank-you': () => [200, ''],
  };
  const { url, close } = await listen(async (request, response) => {
    const what = `${request.method} ${request.url}`;
    requests.push(what);
    const [status, text] = answers[what]?.(new URLSearchParams(await textOf(request))) ?? [404, ''];
    response.writeHead(status, status === 302 ? { location: text } : {}).end(text);
  });
  onTestFinished(close);
  const signal = new AbortController().signal;
  await registerCustomers(url, ['bench-1']);
  const how = { steps: tripSteps, logsInEachTime: true, seconds: 0.2, signal };
  const { count, failures, stepMs } = await measureTrips(url, ['bench-1'], how);
  expect(requests).toContain('POST /api/user/create');
  expect({ count, failures }).toEqual({ count: expect.any(Number), failures: 0 });
  expect(count).toBeGreaterThan(0);
  expect(Object.keys(stepMs ?? {})).toEqual(['login', ...Object.keys(tripSteps)]);
});
