import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
// biome-ignore lint/style/noProcessEnv: where npm is
const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;

/** A small repository with the scripts of this one; its packages are files, so that npm needs no registry. */
let template: string;

beforeAll(() => {
  template = mkdtempSync(join(tmpdir(), 'vitrine-packages-'));
  const pack = (name: string, more: object = {}) => {
    const folder = join(template, 'sources', name, 'package');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), `module.exports = '${name}';\n`);
    writeJson(join(folder, 'package.json'), { name, version: '1.0.0', main: 'index.js', ...more });
    run(template, {}, 'tar', '-czf', `${name}-1.0.0.tgz`, '-C', join('sources', name), 'package');
    return { [name]: `file:${name}-1.0.0.tgz` };
  };
  writeJson(join(template, 'package.json'), {
    ...{ name: 'shop', version: '1.0.0', private: true, workspaces: ['lab'], engines: { node: '>=99' } },
    dependencies: pack('plain'),
    devDependencies: pack('tool', { bin: { tool: 'index.js' } }),
    optionalDependencies: { ...pack('here', { os: ['linux'] }), ...pack('elsewhere', { os: 'aix' }) },
  });
  mkdirSync(join(template, 'lab'));
  writeJson(join(template, 'lab/package.json'), { name: 'lab', version: '1.0.0', type: 'module' });
  writeFileSync(
    join(template, 'lab/program.ts'),
    ['plain', 'tool', 'here'].map((name) => `import ${name} from '${name}';\n`).join('') +
      'console.log(plain, tool, here);\n',
  );
  for (const name of ['.npmrc', 'scripts/node.sh', 'scripts/packages.mjs'])
    cpSync(join(root, name), join(template, name));
  const { status, output } = run(template, {}, 'npm', 'install', '--package-lock-only', '--offline');
  if (status !== 0) throw new Error(output);
}, 60_000);

afterAll(() => rmSync(template, { recursive: true }));

test.each([
  { NODE_ENV: 'production' },
  { npm_config_omit: 'dev optional', npm_config_workspaces: 'false', npm_config_location: 'global' },
  {
    NPM_CONFIG_GLOBAL: 'true',
    npm_config_workspace: 'lab',
    npm_config_os: 'darwin',
    npm_config_bin_links: 'false',
  },
  { npm_config_prefix: '/nowhere', npm_config_cache: 'a new one', npm_config_version: 'true' },
])('When the environment has %o, then the same packages are installed, once', (environment) => {
  const checkout = clone();
  expect(program(checkout, environment)).toEqual({ status: 0, output: 'plain tool here\n', installs: true });
  expect(program(checkout, environment)).toEqual({ status: 0, output: 'plain tool here\n', installs: false });
  expect(existsSync(join(checkout, 'node_modules/.bin/tool'))).toBe(true);
  expect(existsSync(join(checkout, 'node_modules/elsewhere'))).toBe(false);
});

test.each([
  ['omit[]=dev', 'omit[]=optional', 'bin-links=false', 'ignore-scripts=true', 'prefix=/nowhere'],
  [
    'only=production',
    'optional=false',
    'engine-strict=true',
    'legacy-peer-deps=true',
    'install-strategy=linked',
  ],
  ['dry-run=true', 'package-lock=false', 'package-lock-only=true', 'global=true'],
])('When ~/.npmrc has %s, %s, %s, %s …, then the same packages are installed', (...settings) => {
  const checkout = clone();
  const HOME = temporaryFolder();
  writeFileSync(join(HOME, '.npmrc'), `${settings.join('\n')}\n`);
  expect(program(checkout, { HOME })).toMatchObject({ status: 0, output: 'plain tool here\n' });
  expect(existsSync(join(checkout, 'node_modules/.bin/tool'))).toBe(true);
});

test.each<[string, (checkout: string) => void]>([
  ['lacks development packages', (checkout) => npmCi(checkout, '--omit=dev')],
  ['lacks optional packages', (checkout) => npmCi(checkout, '--omit=optional')],
  ['lacks its programs', (checkout) => npmCi(checkout, '--no-bin-links')],
  [
    'was left half-made by npm',
    (checkout) => {
      npmCi(checkout);
      for (const file of ['.package-lock.json', 'tool/index.js'])
        rmSync(join(checkout, 'node_modules', file));
    },
  ],
  [
    'was complete and has lost a package',
    (checkout) => {
      program(checkout);
      rmSync(join(checkout, 'node_modules/tool'), { recursive: true });
    },
  ],
  [
    'holds another version',
    (checkout) => {
      npmCi(checkout);
      writeJson(join(checkout, 'node_modules/tool/package.json'), { name: 'tool', version: '0.9.0' });
    },
  ],
])('When node_modules %s, then the next command mends it', (_what, spoil) => {
  const checkout = clone();
  spoil(checkout);
  expect(program(checkout)).toEqual({ status: 0, output: 'plain tool here\n', installs: true });
  expect(existsSync(join(checkout, 'node_modules/.bin/tool'))).toBe(true);
});

test('When node_modules is complete, whoever made it, then nothing is installed', () => {
  const checkout = clone();
  npmCi(checkout);
  // Some packages call their version so; package-lock.json has it without the v.
  const plain = { name: 'plain', version: 'v1.0.0', main: 'index.js' };
  writeJson(join(checkout, 'node_modules/plain/package.json'), plain);
  expect(program(checkout)).toEqual({ status: 0, output: 'plain tool here\n', installs: false });
});

test('When a setting keeps a package out all the same, then it is named, and the next command tries again', () => {
  const checkout = clone();
  const HOME = temporaryFolder();
  writeFileSync(join(HOME, '.npmrc'), 'os=sunos\n');
  for (const _ of ['first', 'second']) {
    const { status, output } = program(checkout, { HOME });
    expect(status).toBe(1);
    expect(output).toContain('Missing or wrong: node_modules/here\n');
    expect(output).toContain('npm config list');
  }
  expect(program(checkout)).toMatchObject({ status: 0, output: 'plain tool here\n' });
});

function clone(): string {
  const checkout = temporaryFolder();
  cpSync(template, checkout, { recursive: true });
  return checkout;
}

/** Runs the program of a checkout by scripts/node.sh, as ./vitrine does. */
function program(checkout: string, environment: NodeJS.Dict<string> = {}) {
  const { status, output } = run(checkout, environment, 'scripts/node.sh', 'lab/program.ts');
  const notice = /^Installing the packages .*\n/;
  return { status, output: output.replace(notice, ''), installs: notice.test(output) };
}

function npmCi(checkout: string, ...options: readonly string[]): void {
  expect(run(checkout, {}, 'npm', 'ci', ...options)).toMatchObject({ status: 0 });
}

function run(directory: string, environment: NodeJS.Dict<string>, name: string, ...args: readonly string[]) {
  const env = { PATH, HOME: '/nowhere', npm_config_cache: join(template, 'cache'), ...environment };
  const { status, stdout, stderr } = spawnSync(name, args, { cwd: directory, env, encoding: 'utf8' });
  return { status, output: stderr + stdout };
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, JSON.stringify(value));
}
