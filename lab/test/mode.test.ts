import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { chooseMode } from '../src/mode.ts';
import { findPlaces } from '../src/settings.ts';
import { fakeDocker } from './fake-docker.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Resolves to the mode, and to what was said on stderr. */
async function choose({ PATH }: { PATH: string }, asked?: 'docker' | 'native') {
  let said = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  const places = findPlaces({ VITRINE_HOME: join(temporaryFolder(), 'home') });
  const mode = await chooseMode(places, { PATH }, asked).finally(() => stderr.mockRestore());
  return { mode, said };
}

const refusing = () => fakeDocker("version*) printf 'permission denied\\nmore\\n' >&2; exit 1 ;;");

test('When Docker answers, then it runs the shop', async () => {
  expect(await choose(fakeDocker('version*) echo 28 ;;'))).toEqual({ mode: 'docker', said: '' });
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
});
