import { join } from 'node:path';
import { execPath } from 'node:process';
import { foldersOf } from '../home.ts';
import type { Part } from '../parts.ts';
import { whyServiceNotReady } from '../readiness.ts';
import type { Settings } from '../settings.ts';
import type { DatabaseEngine } from './database-engine.ts';
import {
  checkDatabaseServer,
  databaseServerCommand,
  forgetAccounts,
  prepareDatabaseServer,
} from './database-server.ts';
import { type Command, partProcess } from './part-process.ts';

/** One part as a process of this machine. */
export type NativePart = {
  part: Part;
  process: ReturnType<typeof partProcess>;
  /** The address that it listens on, beside its port. */
  host: string;
  /** Does what must be done first, and resolves to what is to be run. */
  prepare: (signal: AbortSignal) => Promise<Command>;
  /** Resolves to why it is not ready; to undefined when it is. */
  whyNotReady: () => Promise<string | undefined>;
  /** Called once it is ready. */
  afterStart: () => Promise<void>;
};

const checkTimeoutMs = 2000;

/** A small young generation: some 10 MB less for each service, for a few per cent of its speed at full load. */
const nodeOptions = ['--max-semi-space-size=2'];

/** `findEngine` is asked only when a database is about to be started. */
export function nativePart(
  part: Part,
  settings: Settings,
  findEngine: () => Promise<DatabaseEngine>,
): NativePart {
  const process = partProcess(part.name, foldersOf(settings.home));
  if (part.kind === 'service') {
    return {
      part,
      process,
      host: settings.values.BIND_ADDRESS,
      prepare: async () => serviceCommand(part.name, part.environment, settings.root),
      whyNotReady: () => whyServiceNotReady(part.readyzUrl, checkTimeoutMs),
      afterStart: async () => {},
    };
  }
  const server = {
    home: join(foldersOf(settings.home).data, part.name),
    port: part.port,
    rootPassword: settings.values.DB_ROOT_PASSWORD,
    schemas: part.schemas,
  };
  return {
    part,
    process,
    host: '127.0.0.1',
    async prepare(signal) {
      const engine = await findEngine();
      await prepareDatabaseServer(engine, server, signal);
      return {
        ...databaseServerCommand(engine, server),
        directory: server.home,
        environment: settings.passedOn,
      };
    },
    whyNotReady: () =>
      checkDatabaseServer(server, checkTimeoutMs).then(
        () => undefined,
        (error: Error) => error.message || 'does not listen yet',
      ),
    afterStart: () => forgetAccounts(server),
  };
}

function serviceCommand(name: string, environment: Command['environment'], root: string): Command {
  const directory = join(root, name);
  const entries = ['--require', join(directory, 'dist/telemetry.js'), join(directory, 'dist/server.js')];
  return { program: execPath, args: [...nodeOptions, ...entries], directory, environment };
}
