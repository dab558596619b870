import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addDrillCommands } from '../src/drill/commands.ts';
import { runProgram } from '../src/drill/program.ts';
import { inspectProcess } from '../src/process-table.ts';
import { recordShop } from '../src/shop-record.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const { signal } = new AbortController();
const options = { limitMs: 60_000, signal };

test('When a program is run, then it reads the sheet, and its node is that of the lab', async () => {
  const script = 'process.stdin.on("data", (text) => console.log(process.version, String(text)))';
  expect(await runProgram(`node -e '${script}'`, 'the sheet', options)).toBe(
    `${process.version} the sheet\n`,
  );
});

test.for<[string, string, RegExp]>([
  ['fails', 'echo working >&2; echo "no idea" >&2; exit 3', /^it ended with exit status 3: no idea$/],
  ['is not there', './nowhere', /^it ended with exit status 127: .*nowhere.*not found$/],
  ['is killed', 'kill -9 $$', /^it was ended by SIGKILL$/],
])('When a program %s, then it is told in one line', async ([, command, message]) => {
  await expect(runProgram(command, 'a sheet that nobody reads\n'.repeat(10_000), options)).rejects.toThrow(
    message,
  );
});

test('When a program takes too long, then it is killed with its children', async () => {
  const file = join(temporaryFolder(), 'pid');
  const command = `sleep 600 & echo $! > '${file}'; wait`;
  const program = runProgram(command, '', { limitMs: 2000, signal });
  await expect(program).rejects.toThrow('it gave no answer within 2 s');
  const { stdout } = spawnSync('cat', [file], { encoding: 'utf8' });
  await expect.poll(() => inspectProcess(Number(stdout))).toBeUndefined();
});

test('When the series is interrupted, then its programs end', async () => {
  const interruption = new AbortController();
  const program = runProgram('sleep 600', '', { limitMs: 60_000, signal: interruption.signal });
  interruption.abort(new Error('Interrupted.'));
  await expect(program).rejects.toThrow('Interrupted.');
});

/** `./vitrine drill …` in a home whose shop, if there was one, was native. */
function drill(...args: readonly string[]) {
  const home = join(temporaryFolder(), 'home');
  recordShop(home, { mode: 'native', folder: home, ports: {}, variables: {} });
  const outcome = spawnSync(process.execPath, [join(root, 'lab/src/cli.ts'), 'drill', ...args], {
    ...{ encoding: 'utf8', env: { VITRINE_HOME: home, DOCKER_HOST: 'unix:///nowhere' } },
  });
  expect(existsSync(join(home, 'run/trial.json'))).toBe(false);
  return { status: outcome.status, stdout: outcome.stdout, stderr: outcome.stderr };
}

test('When a series is begun and there is no shop, then it says what to do', () => {
  expect(drill('run', '--seeds', '1-2', '--exec', 'true')).toEqual({
    ...{ status: 1, stdout: 'Seed 1 …\n', stderr: 'The shop is not running: ./start.sh\n' },
  });
});

test.for<[string[], number, string]>([
  [[], 1, 'The shop is not running: ./start.sh\n'],
  [['done'], 1, 'No drill is running: ./vitrine drill begins one.\n'],
  [['answer', '--part', 'loki', '--cause', 'slow'], 1, 'No drill is running: ./vitrine drill begins one.\n'],
  [['answer'], 2, 'Say what is wrong: ./vitrine drill answer --part <part> --cause <cause>\n'],
])(
  'When ./vitrine drill is called with %j and no shop, then it says what to do',
  ([args, status, stderr]) => {
    expect(drill(...args)).toEqual({ status, stderr, stdout: '' });
  },
);

test.for<[string[], RegExp]>([
  [['answer', '--part', 'mysql'], /It must be one of frontend, .*, none\./],
  [['answer', '--part', 'loki', '--cause', 'broken'], /It must be one of crashed, .*, nothing\./],
  [['answer', '--part', 'loki', '--cause', 'slow', '--cause', 'errors'], /belongs to a --part/],
  [['answer', '--evidence', 'x'], /belongs to a --part/],
  [['--seed', 'one'], /whole number/],
  [['--level', '4'], /The levels are 1, 2 and 3\./],
  [['run', '--exec', 'true'], /required option '-s, --seeds <n-m>'/],
  [['run', '--seeds', '1-3'], /required option '-x, --exec <command>'/],
  [['run', '--seeds', '3-1', '--exec', 'true'], /two with a hyphen such as 1-20/],
  [['run', '--seeds', '1-', '--exec', 'true'], /two with a hyphen such as 1-20/],
  [['run', '--seeds', '1-1001', '--exec', 'true'], /1000 drills at most/],
])(
  'When the options of ./vitrine drill are %j, then they are refused with what is allowed',
  async ([args, message]) => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addDrillCommands(program);
    await expect(program.parseAsync(['drill', ...args], { from: 'user' })).rejects.toThrow(message);
  },
);

test.for<[string, string[], object]>([
  ['answer', ['--part', 'loki', '--json'], { part: ['loki'], json: true }],
  [
    'run',
    ['--seeds', '1-2', '--exec', 'a b', '--level', '3', '--fast'],
    { level: 3, fast: true, exec: ['a b'] },
  ],
])('When drill %s has options that drill has too, then they are its own', async ([name, args, expected]) => {
  const program = new Command();
  addDrillCommands(program);
  const command = program.commands[0]?.commands.find((one) => one.name() === name);
  command?.action(() => {});
  await program.parseAsync(['drill', name, ...args], { from: 'user' });
  expect(command?.opts()).toMatchObject(expected);
});
