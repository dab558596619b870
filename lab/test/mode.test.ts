import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openHome } from '../src/home.ts';
import { chooseMode } from '../src/mode.ts';
import { type OwnMode, recordShop } from '../src/shop-record.ts';
import { fakeDocker } from './fake-docker.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A clone whose home is at its usual place, and remembers `mode` if it is given; its SHOP_ID is `mine`. */
function clone(mode?: OwnMode, root = temporaryFolder()) {
  const places = { root, home: join(root, '.vitrine'), envFile: join(root, '.env') };
  writeFileSync(places.envFile, 'SHOP_ID=mine\n');
  if (mode) recordShop(places.home, { mode, folder: root, ports: {}, variables: { LOG_LEVEL: 'debug' } });
  return places;
}

/** Resolves to the choice, and to what was said on stderr. */
async function choose({ PATH }: { PATH: string }, asked?: OwnMode, places = clone()) {
  let said = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  const choice = await chooseMode(places, { PATH }, asked).finally(() => stderr.mockRestore());
  return { ...choice, said };
}

const answering = () => fakeDocker('version*) echo 28 ;;');
const refusing = () => fakeDocker("version*) printf 'permission denied\\nmore\\n' >&2; exit 1 ;;");

/** An engine whose project the shop `id` took in `folder`, or that has only containers of the clone in `folder`. */
const takenBy = (id: string, folder: string) =>
  fakeDocker(`"volume ls "*vitrine.folder*) echo 'WARNING: as usual' >&2; echo '${id} ${folder}' ;;`);
const withContainersOf = (folder: string) =>
  fakeDocker(`"volume ls "*) echo ;; "container ls "*working_dir*) echo '${folder}' ;;`);

/** An engine in which a container of the project listens on port 15000 at `address`. */
function withContainer(address: string) {
  const container = {
    ...{ Id: 'a', RestartCount: 0 },
    State: { Status: 'running', ExitCode: 0, OOMKilled: false, StartedAt: '2026-01-01T00:00:00Z' },
    HostConfig: { PortBindings: { '5000/tcp': [{ HostIp: address, HostPort: '15000' }] } },
    Config: { Labels: { 'com.docker.compose.service': 'frontend' } },
  };
  const inspection = JSON.stringify([container]);
  return fakeDocker(`"container ls "*--quiet*) echo a ;; "container inspect a") echo '${inspection}' ;;`);
}

test('When Docker answers, then it runs the shop', async () => {
  expect(await choose(answering())).toEqual({ mode: 'docker', said: '' });
});

test('When there is no Docker, then the shop runs natively without a word', async () => {
  expect(await choose({ PATH: temporaryFolder() })).toEqual({ mode: 'native', said: '' });
});

test('When Docker is there and cannot be used, then it says why in a line', async () => {
  expect(await choose(refusing())).toEqual({
    mode: 'native',
    said: 'Docker cannot be used, so the shop runs natively: permission denied\n',
  });
  expect(await choose(refusing(), 'native')).toEqual({ mode: 'native', said: '' });
  await expect(choose(refusing(), 'docker')).rejects.toThrow('Docker cannot be used: permission denied');
});

test('When Docker gives no answer, then native mode is not guessed, but asked for', async () => {
  const soon = AbortSignal.timeout.bind(AbortSignal, 200);
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => soon());
  onTestFinished(() => timeout.mockRestore());
  const silent = () => fakeDocker('version*) exec sleep 60 ;;');
  await expect(choose(silent())).rejects.toThrow(
    'Docker gives no answer within 5 s. Try again when it does, or run the shop without it: ./start.sh --native',
  );
  expect(await choose(silent(), 'native')).toEqual({ mode: 'native', said: '' });
  expect(await choose(silent(), undefined, clone('native'))).toEqual({ mode: 'native', said: '' });
});

describe('When the shop was started before and nothing runs', () => {
  test('then its mode stays, whether Docker can be used or not, unless the other one is asked for', async () => {
    expect(await choose(answering(), undefined, clone('native'))).toEqual({ mode: 'native', said: '' });
    expect(await choose(refusing(), undefined, clone('native'))).toEqual({ mode: 'native', said: '' });
    expect(await choose(answering(), undefined, clone('docker'))).toEqual({ mode: 'docker', said: '' });
    expect(await choose(answering(), 'docker', clone('native'))).toEqual({ mode: 'docker', said: '' });
    expect(await choose(answering(), 'native', clone('docker'))).toEqual({ mode: 'native', said: '' });
  });

  test('and it was in Docker, which cannot be used now, then that is said instead of opening an empty one', async () => {
    for (const asked of [undefined, 'docker'] as const) {
      await expect(choose(refusing(), asked, clone('docker'))).rejects.toThrow(
        'The shop of this home is in Docker, which cannot be used: permission denied',
      );
    }
    expect(await choose(refusing(), 'native', clone('docker'))).toEqual({ mode: 'native', said: '' });
  });

  test('and an earlier version noted no mode, then data of native mode tells it', async () => {
    const places = clone();
    openHome(places.home);
    mkdirSync(join(places.home, 'data/user_dbase'));
    expect(await choose(answering(), undefined, places)).toEqual({ mode: 'native', said: '' });
    expect(await choose(answering(), 'docker', places)).toEqual({ mode: 'docker', said: '' });
  });
});

describe('When containers run', () => {
  test('then they tell the mode and the place, and the home the other settings', async () => {
    const running = {
      ports: { frontend: 15_000 },
      variables: { LOG_LEVEL: 'debug', BIND_ADDRESS: '0.0.0.0' },
    };
    expect(await choose(withContainer('0.0.0.0'), undefined, clone('docker'))).toEqual({
      ...{ mode: 'docker', said: '', running },
    });
    expect(await choose(withContainer('127.0.0.1'), undefined, clone('native'))).toMatchObject({
      ...{ mode: 'docker', running: { variables: { BIND_ADDRESS: '127.0.0.1' } } },
    });
  });

  test('and native mode is asked for, then it is refused', async () => {
    await expect(choose(withContainer('127.0.0.1'), 'native')).rejects.toThrow('./stop.sh first');
  });
});

describe('When the project is that of another clone', () => {
  test.each([
    ['volumes', (folder: string) => takenBy('mine', folder)],
    ['containers', withContainersOf],
  ])('and its %s tell so, then it is refused with its owner and the way out', async (_what, engineWith) => {
    const other = temporaryFolder();
    for (const places of [clone(), clone('docker')]) {
      await expect(choose(engineWith(other), undefined, places)).rejects.toThrow(
        `The containers and volumes of the Compose project vitrine are those of the shop in ${other}. To delete that shop and its data: ./stop.sh --reset there.\nTo have a shop beside it: VITRINE_HOME=`,
      );
    }
    expect(await choose(engineWith(other), 'native')).toEqual({ mode: 'native', said: '' });
    expect(await choose(engineWith(other), undefined, clone('native'))).toEqual({ mode: 'native', said: '' });
    const owner = clone(undefined, other);
    expect(await choose(engineWith(other), undefined, owner)).toEqual({ mode: 'docker', said: '' });
  });

  test('and that clone is no longer there, then it is said, and how to delete what is left', async () => {
    await expect(choose(takenBy('other', '/gone/clone'))).rejects.toThrow(
      'those of the shop in /gone/clone, which is no longer there. To delete it and its data: docker compose --project-name vitrine down --volumes',
    );
  });

  test('and that clone was moved here, then it is this one, with its record or without', async () => {
    const places = clone();
    const moved = takenBy('mine', '/gone/clone');
    expect(await choose(moved, undefined, places)).toMatchObject({ mode: 'docker' });
    recordShop(places.home, { mode: 'docker', folder: '/gone/clone', ports: {}, variables: {} });
    expect(await choose(moved, undefined, places)).toMatchObject({ mode: 'docker' });
    await expect(choose(takenBy('other', '/gone/clone'), undefined, places)).rejects.toThrow('/gone/clone');
  });

  test('and it was in this folder before, then it is refused, and how to take it over is said', async () => {
    const places = clone('docker');
    await expect(choose(takenBy('other', places.root), undefined, places)).rejects.toThrow(
      `those of another shop, which was in ${places.root} before. To delete it and its data: docker compose --project-name vitrine down --volumes\nIf it is this one, whose .env was lost: put SHOP_ID=other into ${places.envFile}\n`,
    );
  });

  test('and this is a copy of it, then it is refused all the same', async () => {
    const original = temporaryFolder();
    const places = clone();
    recordShop(places.home, { mode: 'docker', folder: original, ports: {}, variables: {} });
    await expect(choose(takenBy('mine', original), undefined, places)).rejects.toThrow(original);
  });
});
