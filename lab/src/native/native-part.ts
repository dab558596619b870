import { join } from 'node:path';
import { execPath } from 'node:process';
import { backendAddress } from '../addresses.ts';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import type { BackendName, BackendPart, DatabasePart, Part, ServicePart, ViewerPart } from '../part.ts';
import { pipelineFiles, pipelineMemory } from '../pipeline-memory.ts';
import { whyNotOk, whyServiceNotReady } from '../readiness.ts';
import type { Settings } from '../settings.ts';
import { alertmanagerCommand, findAlertmanager } from './alertmanager.ts';
import { backendCommand } from './backend-command.ts';
import type { Backends } from './backends/backends.ts';
import { describeCompilation } from './backends/compilation.ts';
import type { ProgramName } from './backends/programs.ts';
import { refuseBadPipeline } from './check-pipeline.ts';
import type { DatabaseEngine } from './database-engine.ts';
import {
  checkDatabaseServer,
  databaseServerCommand,
  deleteAccountStatements,
  prepareDatabaseServer,
} from './database-server.ts';
import { findGrafana, grafanaCommand } from './grafana.ts';
import { partProcess } from './part-process.ts';
import type { Command } from './recorded-process.ts';

/** One part as a process of this machine. */
export type NativePart = {
  part: Part;
  process: ReturnType<typeof partProcess>;
  /** The address on which it listens. */
  host: string;
  /** Resolves to why its program is not on this machine; to undefined when it is. */
  missingProgram: () => Promise<MissingProgram | undefined>;
  /** Throws a LabError when its present configuration would keep it from running. */
  check: (signal: AbortSignal) => Promise<void>;
  /** Prepares the start and resolves to the command that runs the part. */
  prepare: (signal: AbortSignal) => Promise<Command>;
  /** Resolves to why it is not ready; to undefined when it is. */
  whyNotReady: () => Promise<string | undefined>;
  /** Called once it is ready. */
  afterStart: () => Promise<void>;
  /** What to go back to when it cannot be restarted with its present configuration. */
  fallback?: Fallback;
};

export type Fallback = {
  /** Keeps the reason of the failure for `why`. */
  remember: (error: unknown) => void;
  /** Resolves to the command that runs the part as it was ready last; to undefined when it never was. */
  prepare: () => Promise<Command | undefined>;
  /** Why the present configuration is not in use, on one line; undefined when it may be. */
  why: () => string | undefined;
};

/**
 * Why a part's program is not here. `program` can be compiled, and somebody compiles it already if `isUnderWay`; without
 * `program` the user must install it.
 */
export type MissingProgram = { why: string; program?: ProgramName; isUnderWay?: boolean };

const checkTimeoutMs = 2000;

/**
 * Lets a service collect garbage when it has started and when it comes to rest, which V8 would keep as long as there is
 * little traffic. Bounds the heap, in MB: on a big machine V8 takes 300 MB for garbage while requests wait for a database
 * that hangs.
 */
export const nodeOptions = ['--expose-gc', '--max-semi-space-size=8', '--max-old-space-size=160'];

/** Without a bound, each thread of Node allocates from memory of its own, which glibc does not give back. */
export const nodeEnvironment = { MALLOC_ARENA_MAX: '2' };

/** The programs that are not in this repository; each is looked for only when it is needed. */
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
      return { process, ...viewers[part.name](part, settings) };
  }
}

type Behaviour = Omit<NativePart, 'process'>;

const noneMissing = async () => undefined;
const noop = async () => {};

function servicePart(part: ServicePart, settings: Settings): Behaviour {
  const directory = join(settings.root, part.name);
  const entries = ['--require', join(directory, 'dist/telemetry.js'), join(directory, 'dist/server.js')];
  const args = [...nodeOptions, ...entries];
  const environment = { ...nodeEnvironment, ...part.environment };
  return {
    part,
    host: settings.values.BIND_ADDRESS,
    missingProgram: noneMissing,
    check: noop,
    prepare: async () => ({ program: execPath, args, directory, environment }),
    whyNotReady: () => whyServiceNotReady(part.readyzUrl, checkTimeoutMs),
    afterStart: noop,
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
    missingProgram: noneMissing,
    check: noop,
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
    afterStart: () => deleteAccountStatements(server),
  };
}

function backendPart(part: BackendPart, settings: Settings, { backends }: Programs): Behaviour {
  const name = programOf[part.name];
  const prepare = async (pipeline?: readonly string[]) => {
    const program = await backends.find(name);
    if (program) return backendCommand(part, program, settings, pipeline);
    throw new LabError(`The program of ${part.name} is gone; ./vitrine backends compiles it again.`);
  };
  const behaviour: Behaviour = {
    part,
    host: backendAddress(settings.values.BIND_ADDRESS),
    async missingProgram() {
      if (await backends.find(name)) return undefined;
      const compilation = backends.findCompilation(name);
      if (compilation) return { why: describeCompilation(compilation), program: name, isUnderWay: true };
      const why = await backends.whyNotCompilable(name);
      return why ? { why } : { why: './vitrine backends compiles it, or says why not', program: name };
    },
    async check(signal) {
      const collector = part.name === 'otel-collector' && (await backends.find(name));
      if (!collector) return;
      await refuseBadPipeline(pipelineFiles(settings), { collector, environment: part.environment, signal });
    },
    prepare: () => prepare(),
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: noop,
  };
  if (part.name !== 'otel-collector') return behaviour;
  const memory = pipelineMemory(settings);
  return {
    ...behaviour,
    prepare() {
      memory.begin();
      return prepare();
    },
    afterStart: async () => memory.prove(),
    fallback: {
      remember: memory.refuse,
      async prepare() {
        const proven = memory.findProven();
        return proven === undefined ? undefined : prepare([proven]);
      },
      why: memory.whyRefused,
    },
  };
}

function grafanaPart(part: ViewerPart, settings: Settings): Behaviour {
  const find = () => findGrafana(settings.passedOn.PATH ?? '');
  return {
    part,
    host: backendAddress(settings.values.BIND_ADDRESS),
    missingProgram: async () =>
      find() ? undefined : { why: 'not on PATH: https://grafana.com/grafana/download has it' },
    check: noop,
    async prepare() {
      const program = find();
      if (program) return grafanaCommand(part, program, settings);
      throw new LabError('grafana is no longer on PATH.');
    },
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: noop,
  };
}

function alertmanagerPart(part: ViewerPart, settings: Settings): Behaviour {
  const find = () => findAlertmanager(settings.passedOn.PATH ?? '');
  return {
    part,
    host: backendAddress(settings.values.BIND_ADDRESS),
    missingProgram: async () =>
      find() ? undefined : { why: 'not on PATH: in Debian it is the package prometheus-alertmanager' },
    check: noop,
    async prepare() {
      const program = find();
      if (program) return alertmanagerCommand(part, program, settings);
      throw new LabError('alertmanager is no longer on PATH.');
    },
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: noop,
  };
}

function consolePart(part: ViewerPart, settings: Settings): Behaviour {
  const directory = join(settings.root, 'lab');
  const args = [join(directory, 'src/console/server.ts')];
  const environment = { ...part.environment, CACHE_FOLDER: settings.cache };
  return {
    part,
    host: settings.values.BIND_ADDRESS,
    missingProgram: noneMissing,
    check: noop,
    prepare: async () => ({ program: execPath, args, directory, environment }),
    whyNotReady: () => whyNotOk(part.readyUrl, checkTimeoutMs),
    afterStart: noop,
  };
}

const viewers = { grafana: grafanaPart, alertmanager: alertmanagerPart, console: consolePart };
