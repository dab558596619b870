import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, runDatabaseServer } from '../../test/database-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('When passwords change between starts, then the new ones open the old data, the old ones nothing', async () => {
  // The path has a space in it, and is too long for a socket.
  const home = join(temporaryFolder(), 'a home'.padEnd(120, '-'), 'database');
  const port = await freePort();
  const schema = { name: 'shop_dbase', user: 'shop', password: 'first' };
  const server = { home, port, rootPassword: 'root-1', schemas: [schema] };
  const connect = (user: string, password: string, database: string) =>
    mysql.createConnection({ host: '127.0.0.1', port, user, password, database });

  const first = await runDatabaseServer(server);
  onTestFinished(first.stop);
  const writer = await connect('shop', 'first', 'shop_dbase');
  await writer.query('CREATE TABLE note (words VARCHAR(20))');
  await writer.query("INSERT INTO note VALUES ('kept é')");
  await writer.end();
  await first.stop();

  const odd = `'"\\;-- `.trim();
  const second = await runDatabaseServer({
    ...server,
    rootPassword: 'root-2',
    schemas: [{ ...schema, password: odd }],
  });
  onTestFinished(second.stop);
  const reader = await connect('shop', odd, 'shop_dbase');
  expect((await reader.query('SELECT words FROM note'))[0]).toEqual([{ words: 'kept é' }]);
  await reader.end();
  await expect(connect('shop', 'first', 'shop_dbase')).rejects.toThrow('Access denied');
  await expect(connect('shop', odd, 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('shop', odd, 'shopXdbase')).rejects.toThrow('Access denied');
  await expect(connect('root', 'root-1', 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('root', '', 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('', '', 'mysql')).rejects.toThrow('Access denied');
});

test('When the first start was cut short, then the next makes the data directory anew', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'data.new/mysql'), { recursive: true });
  const server = { home, port: await freePort(), rootPassword: 'root', schemas: [] };
  const { stop } = await runDatabaseServer(server);
  await stop();
  expect(readdirSync(home).sort()).toEqual(['accounts.sql', 'data', 'tmp']);
});
