// Usage: node scripts/packages.mjs [--installed]
//
// Looks whether node_modules holds each package of package-lock.json, in its version, that this machine can use, and no
// other. Lists their files in node_modules/.vitrine-packages, or names what is wrong and ends with exit status 1. It is
// JavaScript because npm's Node may be too old for TypeScript.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const list = join(root, 'node_modules/.vitrine-packages');
// npm leaves out optional packages that are too new for its Node. From Node 24 on, none is.
const isLenient = process.argv.includes('--installed') && Number.parseInt(process.versions.node, 10) < 24;

const packages = readPackages('package-lock.json');
const surplus = Object.keys(readPackages('node_modules/.package-lock.json')).filter(
  (path) => !(path in packages),
);
// An optional package for every machine is not looked for: it may belong to one for other machines.
const wanted = Object.entries(packages).filter(
  ([path, entry]) =>
    path.includes('node_modules/') && (!entry.optional || (isSelective(entry) && fits(entry))),
);
const missing = wanted.filter(([path, entry]) => !isInstalled(path, entry));

if (surplus.length > 0 || missing.some(([, { optional }]) => !(optional && isLenient))) {
  const names = [...surplus.map((path) => `${path} (not wanted)`), ...missing.map(([path]) => path)];
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  process.stderr.write(`Missing or wrong: ${names.slice(0, 5).join(', ')}${more}\n`);
  rmSync(list, { force: true });
  process.exitCode = 1;
} else {
  const present = wanted.filter((one) => !missing.includes(one));
  const files = present.flatMap(([path, entry]) => [`${path}/package.json`, ...commandsOf(path, entry)]);
  try {
    writeFileSync(list, `${files.join('\n')}\n`);
  } catch {
    // Another user installed the packages: then each command looks again.
  }
}

/** The entries of a lock file, by path. */
function readPackages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {};
}

function isInstalled(path, entry) {
  if (![path, ...commandsOf(path, entry)].every((file) => existsSync(join(root, file)))) return false;
  if (entry.link) return true;
  try {
    // Some packages call their version v1.2.3; npm leaves out the v.
    const { version } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    return version.replace(/^v/, '') === entry.version;
  } catch {
    return false;
  }
}

/** The links in node_modules/.bin to the programs of a package; npm makes them for packages at the top only. */
function commandsOf(path, { bin = {} }) {
  const isAtTop = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
  return isAtTop ? Object.keys(bin).map((name) => `node_modules/.bin/${name}`) : [];
}

function isSelective({ os, cpu }) {
  return os !== undefined || cpu !== undefined;
}

function fits({ os, cpu, libc }) {
  return allows(os, () => process.platform) && allows(cpu, () => process.arch) && allows(libc, findLibc);
}

/** Whether `linux`, or a list such as `["linux"]` or `["!win32"]`, allows the present value. */
function allows(field, read) {
  if (field === undefined) return true;
  const here = read();
  const names = [field].flat();
  return names.includes(here) || (names.every((name) => name.startsWith('!')) && !names.includes(`!${here}`));
}

function findLibc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}
