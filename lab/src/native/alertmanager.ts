import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { backendAddress, reachableHost } from '../addresses.ts';
import { foldersOf } from '../home.ts';
import type { ViewerPart } from '../part.ts';
import type { Settings } from '../settings.ts';
import { findProgram } from './find-program.ts';
import type { Command } from './recorded-process.ts';

/** The path of `alertmanager`, which Debian and Ubuntu call `prometheus-alertmanager`. */
export function findAlertmanager(searchPath: string): string | undefined {
  return findProgram(['alertmanager', 'prometheus-alertmanager'], searchPath);
}

/** The command that runs Alertmanager in the foreground, alone, with its data in the shop's home. */
export function alertmanagerCommand(part: ViewerPart, program: string, settings: Settings): Command {
  const data = join(foldersOf(settings.home).data, part.name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return {
    program,
    args: [
      `--config.file=${writeConfig(settings, data)}`,
      `--storage.path=${data}`,
      `--web.listen-address=${backendAddress(settings.values.BIND_ADDRESS)}:${part.port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    directory: data,
    environment: part.environment,
  };
}

/** Writes alertmanager.yml with the console's native address, since it reads none from the environment. Returns its path. */
function writeConfig({ root, ports, values }: Settings, folder: string): string {
  const config = parseDocument(readFileSync(join(root, 'alertmanager/alertmanager.yml'), 'utf8'));
  const url = `http://${reachableHost(values.BIND_ADDRESS)}:${ports.console}/alerts`;
  config.setIn(['receivers', 0, 'webhook_configs', 0, 'url'], url);
  const path = join(folder, 'alertmanager.yml');
  writeFileSync(path, String(config));
  return path;
}
