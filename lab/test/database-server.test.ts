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
  const migrations = { user: 'shop_migrations', password: 'first' };
  const schema = { name: 'shop_dbase', user: 'shop', password: 'first', migrations };
  const server = { home, port, rootPassword: 'root-1', schemas: [schema] };
  const connect = (user: string, password: string, database: string) =>
    mysql.createConnection({ host: '127.0.0.1', port, user, password, database });

  const first = await runDatabaseServer(server);
  onTestFinished(first.stop);
  const writer = await connect('shop_migrations', 'first', 'shop_dbase');
  await writer.query('CREATE TABLE note (words VARCHAR(20))');
  await writer.query("INSERT INTO note VALUES ('kept é')");
  await writer.end();
  await first.stop();

  const odd = `'"\\;-- `.trim();
  const second = await runDatabaseServer({
    ...server,
    rootPassword: 'root-2',
    schemas: [{ ...schema, password: odd, migrations: { ...migrations, password: 'second' } }],
  });
  onTestFinished(second.stop);
  const reader = await connect('shop', odd, 'shop_dbase');
  expect((await reader.query('SELECT words FROM note'))[0]).toEqual([{ words: 'kept é' }]);
  await reader.end();
  await expect(connect('shop', 'first', 'shop_dbase')).rejects.toThrow('Access denied');
  await expect(connect('shop_migrations', 'first', 'shop_dbase')).rejects.toThrow('Access denied');
  await expect(connect('shop_migrations', 'second', 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('shop', odd, 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('shop', odd, 'shopXdbase')).rejects.toThrow('Access denied');
  await expect(connect('root', 'root-1', 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('root', '', 'mysql')).rejects.toThrow('Access denied');
  await expect(connect('', '', 'mysql')).rejects.toThrow('Access denied');
});

test('When the data is from a version with one account for all, then that account loses the right to change tables', async () => {
  const server = { home: temporaryFolder(), port: await freePort(), rootPassword: 'root' };
  const connect = (user: string, password: string) =>
    mysql.createConnection({ host: '127.0.0.1', port: server.port, user, password });
  const first = await runDatabaseServer({ ...server, schemas: [] });
  onTestFinished(first.stop);
  const root = await connect('root', 'root');
  for (const statement of [
    'CREATE DATABASE shop_dbase',
    "CREATE USER 'shop'@'127.0.0.1' IDENTIFIED BY 'words'",
    "GRANT ALL ON `shop\\_dbase`.* TO 'shop'@'127.0.0.1'",
    'CREATE TABLE shop_dbase.note (words VARCHAR(20))',
  ])
    await root.query(statement);
  await root.end();
  await first.stop();

  const migrations = { user: 'shop_migrations', password: 'words' };
  const schema = { name: 'shop_dbase', user: 'shop', password: 'words', migrations };
  const second = await runDatabaseServer({ ...server, schemas: [schema] });
  onTestFinished(second.stop);
  const service = await connect('shop', 'words');
  await service.query("INSERT INTO shop_dbase.note VALUES ('kept')");
  expect((await service.query('SELECT words FROM shop_dbase.note'))[0]).toEqual([{ words: 'kept' }]);
  await expect(service.query('DROP TABLE shop_dbase.note')).rejects.toThrow('DROP command denied');
  await service.end();
  const migrator = await connect('shop_migrations', 'words');
  await migrator.query('ALTER TABLE shop_dbase.note ADD COLUMN author VARCHAR(20)');
  await migrator.end();
});

test('When the first start was cut short, then the next makes the data directory anew', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'data.new/mysql'), { recursive: true });
  const server = { home, port: await freePort(), rootPassword: 'root', schemas: [] };
  const { stop } = await runDatabaseServer(server);
  await stop();
  expect(readdirSync(home).sort()).toEqual(['accounts.sql', 'data', 'tmp']);
});
