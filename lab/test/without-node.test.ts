import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { projectName } from '../src/compose/compose.ts';
import { refuseForeignHome } from '../src/home.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { readShopRecord, recordShop, type ShopRecord } from '../src/shop-record.ts';
import { fakeDocker } from './fake-docker.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const script = join(root, 'scripts/without-node.sh');

/** Tells whether the script had the containers taken away. */
function tookAway(docker: ReturnType<typeof fakeDocker>): boolean {
  return docker.calls().some((call) => call.endsWith(' down --remove-orphans'));
}

test.each(['shop', 'shop/', './shop', 'other/../shop', '.vitrine', '.vitrine/'])(
  'When VITRINE_HOME is %s, then its project is the same with Node and without',
  (home) => {
    const docker = fakeDocker('');
    const checkout = temporaryFolder();
    mkdirSync(join(checkout, 'other'));
    cpSync(script, join(checkout, 'scripts/without-node.sh'));
    const options = { cwd: checkout, env: { PATH: docker.PATH, VITRINE_HOME: home } };
    expect(spawnSync('scripts/without-node.sh', ['status'], options)).toMatchObject({ status: 0 });
    const expected = projectName({ root: checkout, home: resolve(checkout, home) });
    expect(docker.calls().at(-1)).toContain(` --project-name ${expected} `);
  },
);

test('When a home was moved, then its project is still the one of its first start, with Node and without', () => {
  const docker = fakeDocker('');
  const home = temporaryFolder();
  recordShop(home, { mode: 'docker', folder: '/gone/Home', ports: {}, variables: {} });
  const env = { PATH: docker.PATH, VITRINE_HOME: home };
  expect(spawnSync(script, ['status'], { env })).toMatchObject({ status: 0 });
  expect(docker.calls().at(-1)).toContain(' --project-name vitrine-gone-home ');
  expect(projectName({ root, home })).toBe('vitrine-gone-home');
});

test('When the last line of .env is not ended, then secrets come behind it, and are as ./vitrine wants them', () => {
  const home = temporaryFolder();
  writeFileSync(join(home, '.env'), 'USER_DB_PASSWORD=mine\nLOG_LEVEL=warn');
  const { PATH } = fakeDocker('');
  expect(spawnSync(script, ['up'], { env: { PATH, VITRINE_HOME: home } })).toMatchObject({ status: 0 });
  const variables = parseEnv(readFileSync(join(home, '.env'), 'utf8'));
  expect(variables).toMatchObject({ USER_DB_PASSWORD: 'mine', LOG_LEVEL: 'warn' });
  expect(readSettings(findPlaces({ VITRINE_HOME: home }), {}).newSecrets).toEqual({});
});

test('When the repository was cloned under umask 077, then up opens what containers mount, and nothing else', () => {
  const checkout = temporaryFolder();
  for (const name of ['scripts', 'docker-compose.yml', 'prometheus', 'prometheus.yml', 'mysql', 'LICENSE'])
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  spawnSync('chmod', ['-R', 'go=', checkout]);
  const env = { PATH: fakeDocker('').PATH, VITRINE_HOME: join(checkout, 'home') };
  expect(spawnSync(join(checkout, 'scripts/without-node.sh'), ['up'], { env })).toMatchObject({ status: 0 });
  const modeOf = (name: string) => statSync(join(checkout, name)).mode & 0o777;
  for (const file of ['prometheus.yml', 'prometheus/rules/alerts.yml', 'mysql/entrypoint.sh'])
    expect(modeOf(file), file).toBe(0o644);
  expect(modeOf('prometheus/rules')).toBe(0o755);
  for (const file of ['LICENSE', 'home/.env']) expect(modeOf(file), file).toBe(0o600);
});

test.each([
  ['nothing ran before, then all is taken away', '', true],
  ['a part ran before, then nothing is', '*" ps --quiet") echo 0123 ;;', false],
])('When up fails and %s', (_what, ps, isTakenAway) => {
  const docker = fakeDocker(`${ps} *" up "*) exit 1 ;;`);
  const env = { PATH: docker.PATH, VITRINE_HOME: temporaryFolder() };
  expect(spawnSync(script, ['up'], { env })).toMatchObject({ status: 1 });
  expect(docker.calls().some((call) => call.endsWith(' logs --tail 5'))).toBe(true);
  expect(tookAway(docker)).toBe(isTakenAway);
});

test('When up succeeds, then nothing is taken away', () => {
  const docker = fakeDocker('');
  spawnSync(script, ['up'], { env: { PATH: docker.PATH, VITRINE_HOME: temporaryFolder() } });
  expect(tookAway(docker)).toBe(false);
});

test('When up is interrupted from the terminal, then what was started is taken away', async () => {
  const docker = fakeDocker('*" up "*) trap "exit 130" INT; echo begun; while :; do sleep 0.05; done ;;');
  const env = { PATH: docker.PATH, VITRINE_HOME: temporaryFolder() };
  // The terminal sends the signal to the whole group.
  const up = spawn(script, ['up'], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(up, 'close');
  for await (const chunk of up.stdout.iterator({ destroyOnReturn: false }))
    if (String(chunk).includes('begun')) break;
  up.stdout.resume();
  process.kill(-(up.pid ?? 0), 'SIGINT');
  expect(await ended).toEqual([130, null]);
  expect(tookAway(docker)).toBe(true);
  expect(docker.calls().some((call) => call.includes(' logs '))).toBe(false);
});

/** A checkout with the home at its usual place, on a machine with `docker`. */
function checkoutWith(dockerScript: string, record?: ShopRecord, checkout = temporaryFolder()) {
  for (const name of ['scripts', 'docker-compose.yml'])
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  const home = join(checkout, '.vitrine');
  mkdirSync(home);
  writeFileSync(join(checkout, '.env'), 'SHOP_ID=mine\n');
  if (record) recordShop(home, record);
  const docker = fakeDocker(dockerScript);
  const run = (...args: readonly string[]) =>
    spawnSync(join(checkout, 'scripts/without-node.sh'), args, {
      encoding: 'utf8',
      env: { PATH: docker.PATH },
    });
  const composed = () => docker.calls().some((call) => /^compose --project-name/.test(call));
  return { checkout, home, docker, run, composed };
}

const takenBy = (id: string, folder: string) => `"volume ls "*vitrine.folder*) echo '${id} ${folder}' ;;`;

test.each(['up', 'status', 'logs', 'down', 'down --reset'])(
  'When the project is that of another clone, a copy even, then %s is refused with its owner and the way out',
  (command) => {
    const other = temporaryFolder();
    for (const engine of [takenBy('mine', other), `"container ls "*working_dir*) echo '${other}' ;;`]) {
      const { run, composed } = checkoutWith(engine);
      const { status, stderr } = run(...command.split(' '));
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `The containers and volumes of the Compose project vitrine are those of the shop in ${other}. To delete that shop and its data: ./stop.sh --reset there.\nTo have a shop beside it: VITRINE_HOME=/a/new/folder ./start.sh\n`,
      });
      expect(composed()).toBe(false);
    }
  },
);

test('When that clone is no longer there, then it is said, unless it was moved here', () => {
  const gone = checkoutWith(takenBy('other', '/gone/clone'));
  expect(gone.run('down').stderr).toContain('shop in /gone/clone, which is no longer there.');
  expect(checkoutWith(takenBy('mine', '/gone/clone')).run('down')).toMatchObject({ status: 0 });
});

test('When a clone is in the folder that another one was moved away from, then it is not that one', () => {
  const folder = temporaryFolder();
  const { run, composed } = checkoutWith(takenBy('other', folder), undefined, folder);
  expect(run('down', '--reset')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      `another shop, which was in ${folder} before. To delete .*\n.* put SHOP_ID=other into ${folder}/.env\n`,
    ),
  });
  expect(composed()).toBe(false);
});

test('When another clone takes the project while images are built, then up is refused and touches no container', () => {
  const taken = join(temporaryFolder(), 'taken');
  const other = temporaryFolder();
  const script = `*" build") touch ${taken} ;; *vitrine.folder*) [ ! -e ${taken} ] || echo 'other ${other}' ;;`;
  const { run, docker } = checkoutWith(script);
  expect(run('up')).toMatchObject({ status: 2, stderr: expect.stringContaining(`the shop in ${other}.`) });
  expect(docker.calls().filter((call) => / (up|down|create) /.test(`${call} `))).toEqual([]);
});

test('When nothing tells whose the volumes are, then they are not deleted', () => {
  const script = '*vitrine.folder*) echo ;; "volume ls "*) echo vitrine_loki ;;';
  const { run, composed } = checkoutWith(script);
  expect(run('down', '--reset').stderr).toContain('do not say whose they are');
  expect(composed()).toBe(false);
});

test('When up succeeds, then the project is this shop’s, and its home knows the mode as ./vitrine would note it', () => {
  const { run, checkout, home, docker } = checkoutWith('');
  expect(run('up')).toMatchObject({ status: 0 });
  expect(docker.calls().filter((call) => call.startsWith('volume create'))).toEqual([
    `volume create --label com.docker.compose.project=vitrine --label com.docker.compose.volume=owner --label vitrine.shop=mine --label vitrine.folder=${checkout} vitrine_owner`,
  ]);
  const record = { mode: 'docker', folder: checkout, ports: {}, variables: {} };
  expect(readShopRecord(home)).toEqual(record);
  expect(statSync(join(home, 'run/shop.json')).mode & 0o777).toBe(0o600);
  expect(() => refuseForeignHome(home)).not.toThrow();
});

test('When the home has a folder that is not the shop’s, then up is refused', () => {
  const { run, home, composed } = checkoutWith('');
  mkdirSync(join(home, 'data'));
  expect(run('up')).toMatchObject({ status: 2, stderr: expect.stringContaining(`data is not the shop's`) });
  expect(composed()).toBe(false);
});

test('When the shop is stopped, then the settings of its start are forgotten', () => {
  const record: ShopRecord = { mode: 'docker', folder: '/a "b"', ports: {}, variables: {} };
  const { run, home, checkout } = checkoutWith('', { ...record, variables: { LOG_LEVEL: 'debug' } });
  expect(run('down')).toMatchObject({ status: 0 });
  expect(readShopRecord(home)).toEqual({ ...record, folder: checkout });
});

test('When the shop is reset, then the project is given up', () => {
  const { run, docker } = checkoutWith(`"volume ls "*vitrine.folder*) echo 'mine /gone' ;;`);
  expect(run('down', '--reset')).toMatchObject({ status: 0 });
  expect(docker.calls().at(-1)).toBe('volume rm --force vitrine_owner');
});

test('When the shop ran natively, then only up --docker does not say that it needs Node, and is remembered', () => {
  const record: ShopRecord = { mode: 'native', folder: '/x', ports: {}, variables: {} };
  const { run, home, composed } = checkoutWith('', record);
  for (const args of [['up'], ['status'], ['logs'], ['down', '--reset']])
    expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('which needs Node 24') });
  expect(composed()).toBe(false);
  expect(run('up', '--docker')).toMatchObject({ status: 0 });
  expect(readShopRecord(home)).toEqual({ ...record, mode: 'docker' });
  expect(run('status')).toMatchObject({ status: 0 });
});
