import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { backendAddress, reachableHost } from '../addresses.ts';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import type { BackendPart } from '../part.ts';
import type { PortName } from '../part-names.ts';
import { pipelineFiles } from '../pipeline-memory.ts';
import type { Settings } from '../settings.ts';
import { configOptions } from './check-pipeline.ts';
import type { Command } from './recorded-process.ts';

/**
 * The command that runs a backend in the foreground; `program` is its path, and `pipeline` the files of the collector's
 * configuration. Creates the backend's folder and files.
 */
export function backendCommand(
  part: BackendPart,
  program: string,
  settings: Settings,
  pipeline = pipelineFiles(settings),
): Command {
  const data = join(foldersOf(settings.home).data, part.name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const { args, environment = {} } = invocations[part.name](settings, data, pipeline);
  return { program, args, directory: settings.root, environment: { ...part.environment, ...environment } };
}

type Invocation = { args: readonly string[]; environment?: Record<string, string> };

/** Go returns memory late where there is plenty; soft limits and early collections keep a laptop usable. */
const invocations: Record<
  BackendPart['name'],
  (settings: Settings, data: string, pipeline: readonly string[]) => Invocation
> = {
  'otel-collector': (_settings, _data, pipeline) => ({
    args: configOptions(pipeline),
    environment: { GOMEMLIMIT: '280MiB', GOGC: '50' },
  }),
  jaeger: ({ root }) => ({
    args: ['--config', join(root, 'jaeger/jaeger-config.yaml')],
    environment: { GOMEMLIMIT: '300MiB', GOGC: '70' },
  }),
  prometheus: (settings, data) => ({
    args: [
      `--config.file=${writePrometheusConfig(settings, data)}`,
      `--storage.tsdb.path=${join(data, 'tsdb')}`,
      '--storage.tsdb.retention.time=2d',
      '--storage.tsdb.retention.size=512MB',
      // The second one puts a zero where a counter begins: rate() would miss the first event of each series.
      '--enable-feature=exemplar-storage,created-timestamp-zero-ingestion',
      // By default any web site may read the metrics through a visitor's browser. No site has this origin.
      '--web.cors.origin=none',
      `--web.listen-address=${backendAddress(settings.values.BIND_ADDRESS)}:${settings.ports.prometheus}`,
      '--log.level=warn',
    ],
    environment: { GOMEMLIMIT: '200MiB', GOGC: '30' },
  }),
  loki: ({ root }, data) => ({
    args: ['-config.expand-env=true', `-config.file=${join(root, 'loki/loki-config.yaml')}`],
    environment: { DATA_DIRECTORY: data, GOMEMLIMIT: '250MiB', GOGC: '25' },
  }),
};

const scrapeConfigSchema = z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) });

/** The native port for each address of docker-compose.yml. */
const portOfTarget: Record<string, PortName> = {
  'otel-collector:8889': 'otel-collector-metrics',
  'otel-collector:8888': 'otel-collector-self',
  'jaeger:8888': 'jaeger-self',
  'loki:3100': 'loki',
  'localhost:9090': 'prometheus',
  'alertmanager:9093': 'alertmanager',
};

/** Writes prometheus.yml with native addresses, since Prometheus reads none from the environment. Returns its path. */
function writePrometheusConfig(settings: Settings, folder: string): string {
  const source = join(settings.root, 'prometheus.yml');
  const config = parseDocument(readFileSync(source, 'utf8'));
  const rules = z.array(z.string()).parse(config.toJS().rule_files ?? []);
  config.set(
    'rule_files',
    rules.map((pattern) => join(settings.root, pattern)),
  );
  const jobs = z.array(scrapeConfigSchema).parse(config.toJS().scrape_configs);
  for (const [job, { static_configs }] of jobs.entries()) {
    for (const [index, { targets }] of static_configs.entries()) {
      const moved = targets.map((target) => nativeAddress(target, settings, source));
      config.setIn(['scrape_configs', job, 'static_configs', index, 'targets'], moved);
    }
  }
  const alertmanager = nativeAddress('alertmanager:9093', settings, source);
  if (settings.values.ALERTING === 'off') config.delete('alerting');
  else config.setIn(['alerting', 'alertmanagers'], [{ static_configs: [{ targets: [alertmanager] }] }]);
  const path = join(folder, 'prometheus.yml');
  writeFileSync(path, String(config));
  return path;
}

function nativeAddress(target: string, { ports, values }: Settings, source: string): string {
  const port = portOfTarget[target];
  if (port) return `${reachableHost(backendAddress(values.BIND_ADDRESS))}:${ports[port]}`;
  // An address outside the stack is the same in both modes.
  if (/^[\w-]+\.[\w.-]+:\d+$/.test(target)) return target;
  throw new LabError(
    `${source} scrapes ${target}, which native mode does not know. It knows ${Object.keys(portOfTarget).join(', ')}.`,
  );
}
