import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyHome, openHome } from '../src/home.ts';
import { createNativeStack } from '../src/native/native-stack.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import {
  forgetStart,
  readShopRecord,
  recordShop,
  restoreShopRecord,
  type ShopRecord,
} from '../src/shop-record.ts';
import { temporaryFolder } from './temporary-folder.ts';

const record: ShopRecord = {
  ...{ mode: 'native', folder: '/somewhere' },
  ...{ ports: { frontend: 15_000, 'loki-grpc': 19_095 }, variables: { BIND_ADDRESS: '0.0.0.0' } },
};

test('When a shop was started, then its home knows how until it is stopped, and the mode until it is emptied', () => {
  const home = temporaryFolder();
  expect(readShopRecord(home)).toBeUndefined();
  forgetStart(home);
  expect(readdirSync(home)).toEqual([]);
  recordShop(home, record);
  expect(readShopRecord(home)).toEqual(record);
  expect(statSync(join(home, 'run/shop.json')).mode & 0o777).toBe(0o600);
  forgetStart(home);
  expect(readShopRecord(home)).toEqual({ ...record, ports: {}, variables: {} });
  emptyHome(home);
  expect(readShopRecord(home)).toBeUndefined();
});

test('When a start failed, then the home knows what it knew before', () => {
  const home = temporaryFolder();
  recordShop(home, { ...record, mode: 'docker' });
  restoreShopRecord(home, record);
  expect(readShopRecord(home)).toEqual(record);
  restoreShopRecord(home, undefined);
  expect(readShopRecord(home)).toBeUndefined();
});

test('When a home that was moved is reset in native mode, then it still knows its folder in Docker', async () => {
  const home = temporaryFolder();
  recordShop(home, { ...record, folder: '/gone/home' });
  const progress = { report: () => undefined, signal: new AbortController().signal };
  const settings = readSettings(findPlaces({ VITRINE_HOME: home }), {});
  await createNativeStack(settings, progress, []).down({ reset: true });
  expect(readShopRecord(home)).toEqual({ mode: 'docker', folder: '/gone/home', ports: {}, variables: {} });
});

test.each([
  ...['', '{"mode":', '{"mode":"swarm"}'],
  '{"mode":"native","folder":"/x","ports":{"frontend":99999999},"variables":{}}',
])('When the record is %j, then it is said, with the way out', (text) => {
  const home = temporaryFolder();
  openHome(home);
  mkdirSync(join(home, 'run'), { recursive: true });
  writeFileSync(join(home, 'run/shop.json'), text);
  expect(() => readShopRecord(home)).toThrow(
    'shop.json, which says how the shop was started, is damaged: delete it',
  );
});
