import { join } from 'node:path';
import { execPath } from 'node:process';
import { backendAddress } from '../addresses.ts';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import type { BackendName, BackendPart, DatabasePart, Part, ServicePart, ViewerPart } from '../part.ts';
import { whyNotOk, whyServiceNotReady } from '../readiness.ts';
import type { Settings } from '../settings.ts';
import { backendCommand } from './backend-command.ts';
import type { Backends } from './backends/backends.ts';
import type { ProgramName } from './backends/programs.ts';
import { pipelineFile, refuseBadPipeline } from './check-pipeline.ts';
import type { DatabaseEngine } from './database-engine.ts';
import {
  checkDatabaseServer,
  databaseServerCommand,
  forgetAccounts,
  prepareDatabaseServer,
} from './database-server.ts';
import { findGrafana, grafanaCommand } from './grafana.ts';
import { type Command, partProcess } from './part-process.ts';

/** One part as a process of this machine. */
export type NativePart = {
  part: Part;
  process: ReturnType<typeof partProcess>;
  /** The address that it listens on, beside its port. */
  host: string;
  /** Why its program is not on this machine; undefined when it is. */
  absence: () => Promise<Absence | undefined>;
  /** Throws a LabError when it would not run as it is configured now. */
  check: (signal: AbortSignal) => Promise<void>;
  /** Does what must be done first, and resolves to what is to be run. */
  prepare: (signal: AbortSignal) => Promise<Command>;
  /** Resolves to why it is not ready; to undefined when it is. */
  whyNotReady: () => Promise<string | undefined>;
  /** Called once it is ready. */
  afterStart: () => Promise<void>;
};

/** `obtain` gets the program here and throws a LabError when that fails; without it, a person has to. */
export type Absence = { why: string; obtain?: () => Promise<unknown> };

const checkTimeoutMs = 2000;

/** A service collects the garbage of its start, once: 8 MB, which V8 would keep for good where there is little traffic. */
export const nodeOptions = ['--expose-gc'];

/** Where programs come from that are not in this repository; each is asked only when it is needed. */
export type Programs = {
  /** The database server; throws a LabError when there is none and none can be installed. */
  findEngine: () => Promise<DatabaseEngine>;
  backends: Backends;
};

const programOf: Record<BackendName, ProgramName> = {
  'otel-collector': 'otelcol',
  prometheus: 'prometheus',
  loki: 'loki',
  jaeger: 'jaeger',
};

export function nativePart(part: Part, settings: Settings, programs: Programs): NativePart {
  const process = partProcess(part.name, foldersOf(settings.home));
  switch (part.kind) {
    case 'service':
      return { process, ...servicePart(part, settings) };
    case 'database':
      return { process, ...databasePart(part, settings, programs) };
    case 'backend':
      return { process, ...backendPart(part, settings, programs) };
    case 'viewer':
      return { process, ...(part.name === 'grafana' ? grafanaPart : consolePart)(part, settings) };
  }
}

type Behaviour = Omit<NativePart, 'process'>;

const isHere = async () => undefined;
const nothing = async () => {};

function servicePart(part: ServicePart, settings: Settings): Behaviour {
  const directory = join(settings.root, part.name);
  const entries = ['--require', join(directory, 'dist/telemetry.js'), join(directory, 'dist/server.js')];
  const args = [...nodeOptions, ...entries];
  return {
    part,
    host: settings.values.BIND_ADDRESS,
    absence: isHere,
    check: nothing,
    prepare: async () => ({ program: execPath, args, directory, environment: part.environment }),
    whyNotReady: () => whyServiceNotReady(part.readyzUrl, checkTimeoutMs),
    afterStart: nothing,
  };
}

function databasePart(part: DatabasePart, settings: Settings, { findEngine }: Programs): Behaviour {
  const server = {
    home: join(foldersOf(settings.home).data, part.name),
    port: part.port,
    rootPassword: settings.values.DB_ROOT_PASSWORD,
    schemas: part.schemas,
  };
  return {
    part,
    host: '127.0.0.1',
    absence: isHere,
    check: nothing,
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

function backendPart(part: BackendPart, settings: Settings, { backends }: Programs): Behaviour {
  const name = programOf[part.name];
  return {
    part,
    host: backendAddress(settings.values.BIND_ADDRESS),
    async absence() {
      if (await backends.find(name)) return undefined;
      const why = await backends.whyNotCompilable(name);
      if (why) return { why };
      return { why: 'not compiled yet (./vitrine backends)', obtain: () => backends.compile(name) };
    },
    async check(signal) {
      const collector = part.name === 'otel-collector' && (await backends.find(name));
      if (!collector) return;
      await refuseBadPipeline(pipelineFile(settings), { collector, environment: part.environment, signal });
    },
    async prepare() {
      const program = await backends.find(name);
      if (program) return backendCommand(part, program, settings);
      throw new LabError(`The program of ${part.name} is gone; ./vitrine backends compiles it again.`);
    },
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: nothing,
  };
}

function grafanaPart(part: ViewerPart, settings: Settings): Behaviour {
  const find = () => findGrafana(settings.passedOn.PATH ?? '');
  return {
    part,
    host: backendAddress(settings.values.BIND_ADDRESS),
    absence: async () =>
      find() ? undefined : { why: 'not on PATH: https://grafana.com/grafana/download has it' },
    check: nothing,
    async prepare() {
      const program = find();
      if (program) return grafanaCommand(part, program, settings);
      throw new LabError('grafana is no longer on PATH.');
    },
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: nothing,
  };
}

function consolePart(part: ViewerPart, settings: Settings): Behaviour {
  const directory = join(settings.root, 'lab');
  const args = [join(directory, 'src/console/server.ts')];
  return {
    part,
    host: settings.values.BIND_ADDRESS,
    absence: isHere,
    check: nothing,
    prepare: async () => ({ program: execPath, args, directory, environment: part.environment }),
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: nothing,
  };
}
