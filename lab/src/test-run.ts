import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Count, countTests } from './test-count.ts';

// What `npm test` runs, whatever fails: the static checks and the tests that need no Docker; with arguments only the
// test files whose path holds one of them. With --compose first, the tests of the containers instead; with --kubernetes,
// those on a cluster; with --long, the long forms of some tests; with --scenarios, every scenario; with --alerts, every
// alert by a real cause. The last lines name what failed, and count. Exit status 1 if anything failed, or nothing ran.

const root = resolve(import.meta.dirname, '../..');
const other = ['--compose', '--kubernetes', '--long', '--scenarios', '--alerts'].find(
  (option) => option === process.argv[2],
);
const filters = process.argv.slice(other ? 3 : 2);
const isWhole = filters.length === 0;

/** Runs a program with its output on the terminal; resolves to whether it ended with status 0. */
function run(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
    child.on('error', (error) => {
      process.stdout.write(`${program}: ${error.message}\n`);
      resolve(false);
    });
    child.on('close', (status) => resolve(status === 0));
  });
}

/** A tool of node_modules, run by the same Node as this file: the one on PATH may be too old. */
function runTool(name: string, args: readonly string[]): Promise<boolean> {
  return run(process.execPath, [join(root, 'node_modules/.bin', name), ...args]);
}

async function check(name: string, start: () => Promise<boolean>): Promise<Count> {
  process.stdout.write(`\n── ${name}\n`);
  const isGood = await start();
  process.stdout.write(`${name}: ${isGood ? 'passed' : 'FAILED'}\n`);
  return isGood ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [name] };
}

async function test(project: string): Promise<Count> {
  process.stdout.write(`\n── Tests: ${project}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-report-'));
  const report = join(folder, 'report.json');
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  if (!isWhole) options.push('--passWithNoTests');
  const isGood = await runTool('vitest', ['run', '--project', project, ...options, ...filters]);
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  rmSync(folder, { recursive: true });
  return countTests(text, { isGood, mayBeNone: !isWhole });
}

const counts: Count[] = [];
if (isWhole && !other) {
  const scripts = globSync(['*.sh', 'vitrine', 'scripts/*.sh', 'mysql/*.sh', '.ci/*'], { cwd: root });
  counts.push(await check('Biome', () => runTool('biome', ['check', '--error-on-warnings', '.'])));
  counts.push(await check('TypeScript', () => runTool('tsc', ['-b'])));
  counts.push(await check('ShellCheck', () => run('shellcheck', scripts)));
  // The first time this takes some ten minutes: no test's deadline could hold it.
  counts.push(await check('Backends', () => run(join(root, 'vitrine'), ['backends', 'all'])));
}
for (const project of other ? [other.slice(2)] : ['unit', 'stack']) counts.push(await test(project));

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (isWhole && !other) {
  process.stdout.write(
    '\nNot run here: every scenario (npm run test:scenarios), every alert by a real cause (npm run test:alerts), outages of a minute and the like (npm run test:long), and, where there is Docker, the containers (npm run test:compose) and a cluster (npm run test:kubernetes)\n',
  );
}
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
const failures = counts.flatMap((count) => count.failures);
process.stdout.write(`\n${failures.map((name) => `FAILED: ${name.replace(`${root}/`, '')}\n`).join('')}`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
