import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { docker } from '../compose/docker.ts';
import { findFreePorts, type Outcome, root } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const hasDocker = await Promise.all([docker('version'), docker('compose', 'version')]).then(
  () => true,
  () => false,
);
const volumes = () =>
  docker('volume', 'ls', '--quiet', '--filter', 'label=com.docker.compose.project=vitrine');

/** A clone of this repository with its home at the usual place, and free ports for its shop. */
async function clone() {
  const folder = temporaryFolder();
  const isOurs = (path: string) =>
    !['node_modules', 'dist', '.git', '.vitrine', '.env'].includes(basename(path));
  cpSync(root, folder, { recursive: true, verbatimSymlinks: true, filter: isOurs });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')).filter((each) => each !== '@vitrine'))
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  mkdirSync(join(folder, 'node_modules/@vitrine'));
  for (const name of readdirSync(join(root, 'node_modules/@vitrine')))
    symlinkSync(join(folder, name), join(folder, 'node_modules/@vitrine', name));

  // biome-ignore lint/style/noProcessEnv: a shell in which someone runs ./vitrine
  const { VITRINE_HOME: _home, PORT_OFFSET: _offset, ...shell } = process.env;
  const run = (program: string, args: readonly string[], env: NodeJS.Dict<string> = shell) =>
    new Promise<Outcome>((resolve) => {
      const child = execFile(program, args, { env, cwd: folder }, (_error, stdout, stderr) =>
        resolve({ status: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  const cli = join(folder, 'lab/src/cli.ts');
  const vitrine = (...args: readonly string[]) => run(process.execPath, [cli, ...args]);
  let userServicePort = 0;
  /** Starts the shop on ports that are free now. No other command is told the ports. */
  const up = async (...args: readonly string[]) => {
    const { offset, ports } = await findFreePorts(join(folder, '.vitrine'));
    userServicePort = ports['user-service'];
    return run(process.execPath, [cli, 'up', ...args], { ...shell, PORT_OFFSET: String(offset) });
  };
  const withoutNode = (...args: readonly string[]) => run(join(folder, 'scripts/without-node.sh'), args);
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await fetch(`http://127.0.0.1:${userServicePort}/api/user/${path}`, options)).status;
  };
  const account = { username: `u${randomUUID().slice(0, 8)}`, password: 'a long password' };
  return {
    ...{ folder, vitrine, up, withoutNode },
    register: () =>
      post('create', {
        ...account,
        email: `${account.username}@example.com`,
        first_name: 'A',
        last_name: 'B',
      }),
    logIn: () => post('login', account),
  };
}

/** The words by which a command refuses the project of the shop in `folder`. */
const ofShopIn = (folder: string) => ({
  ...{ status: 2, stdout: '', stderr: expect.stringContaining(`are those of the shop in ${folder}.`) },
});

test.skipIf(!hasDocker)(
  'When two clones are started, stopped and reset in both modes, then neither loses data',
  async () => {
    const wayOut =
      'A shop of this machine has the Compose project vitrine: ./stop.sh --reset there deletes it';
    expect(await volumes(), wayOut).toBe('');
    const [first, second] = [await clone(), await clone()];
    onTestFinished(async () => {
      for (const { vitrine } of [first, second, first, second]) await vitrine('down', '--reset');
    });
    const good = { status: 0, stderr: '' };
    const refusedInSecond = async () => {
      for (const command of [['status'], ['logs'], ['down'], ['down', '--reset'], ['up'], ['up', '--docker']])
        expect(await second.vitrine(...command), command.join(' ')).toMatchObject(ofShopIn(first.folder));
      for (const command of [['status'], ['up'], ['down', '--reset']])
        expect(await second.withoutNode(...command), command.join(' ')).toMatchObject(ofShopIn(first.folder));
    };

    // The first has the project, running and stopped.
    expect(await first.up()).toMatchObject(good);
    expect(await first.register()).toBe(201);
    expect(await first.vitrine('status')).toMatchObject(good);
    await refusedInSecond();
    expect(await first.logIn()).toBe(200);
    expect(await first.vitrine('down')).toMatchObject(good);
    await refusedInSecond();

    // The second runs natively meanwhile, and stays so.
    expect(await second.up('--native')).toMatchObject(good);
    expect(await second.register()).toBe(201);
    expect(await first.up()).toMatchObject(good);
    expect(await first.logIn()).toBe(200);
    expect(await second.vitrine('down')).toMatchObject(good);
    expect((await second.vitrine('status')).stdout).toMatch(/^console +stopped/m);
    expect(await first.vitrine('down')).toMatchObject(good);

    // The first changes its mode, and back again.
    expect(await first.up('--native')).toMatchObject(good);
    expect(await first.logIn()).toBe(401);
    expect(await first.register()).toBe(201);
    expect(await first.vitrine('down')).toMatchObject(good);
    expect((await first.vitrine('status')).stdout).toMatch(/^console +stopped/m);
    expect(await first.up('--docker')).toMatchObject(good);
    expect(await first.logIn()).toBe(200);
    const reset = await first.vitrine('down', '--reset');
    expect(reset).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Kept the data of native mode'),
    });
    expect(await volumes()).toBe('');
    expect(await first.up()).toMatchObject(good);
    expect(await first.logIn()).toBe(200);
    expect(await first.vitrine('down', '--reset')).toMatchObject(good);

    // The project is free, and the second takes it.
    expect(await second.up('--docker')).toMatchObject(good);
    expect(await second.logIn()).toBe(401);
    expect(await first.vitrine('down', '--reset')).toMatchObject(ofShopIn(second.folder));
    expect(await second.withoutNode('down')).toMatchObject({ status: 0 });
    expect(await second.up('--native')).toMatchObject(good);
    expect(await second.logIn()).toBe(200);
    expect(await second.vitrine('down', '--reset')).toMatchObject(good);
    expect(await volumes()).not.toBe('');
    expect(await second.withoutNode('down', '--reset')).toMatchObject({ status: 0 });
    expect(await volumes()).toBe('');
  },
);
