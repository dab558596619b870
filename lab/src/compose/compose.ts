import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Variables, withoutEmpty } from '../env-file.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { runProgram } from '../native/run-program.ts';
import { portNames, portVariable } from '../part-names.ts';
import type { Settings } from '../settings.ts';
import { type Home, isDefaultHome, ownFolder } from '../shop-folder.ts';

/** The Compose project of this home; each home has its own. scripts/without-node.sh derives the same name. */
export function projectName(places: Home): string {
  if (isDefaultHome(places)) return 'vitrine';
  return `vitrine${ownFolder(places)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')}`;
}

/**
 * Resolves to what `docker` wrote on stdout, and to a log from both streams, without the final newline; throws a LabError
 * with all output when it fails.
 */
export type Docker = (...args: readonly string[]) => Promise<string>;

export function createDocker(environment: Variables, signal: AbortSignal): Docker {
  return async (...args) => {
    const options = { directory: '/', environment, signal };
    const { status, stdout, output } = await runProgram('docker', args, options);
    if (status === 0) return args.includes('logs') ? output : stdout;
    throw new LabError(`docker ${args.join(' ')} failed:\n${output}`);
  };
}

/** The arguments of `docker compose` for this shop's project. Compose reads no .env, so only these settings apply. */
export function composeArguments(settings: Settings): string[] {
  const { root } = settings;
  return [
    ...['compose', '--project-name', projectName(settings), '--env-file', '/dev/null'],
    ...['--project-directory', root, '--file', join(root, 'docker-compose.yml')],
  ];
}

/** The variables that docker-compose.yml and the docker program itself read. */
export function composeEnvironment({ ports, values, passedOn, tools, overlay }: Settings): Variables {
  const { BIND_ADDRESS, BCRYPT_COST, API_KEY_TTL_HOURS } = values;
  return withoutEmpty({
    ...passedOn,
    ...tools,
    ...values,
    BIND_ADDRESS: BIND_ADDRESS.includes(':') ? `[${BIND_ADDRESS}]` : BIND_ADDRESS,
    BCRYPT_COST: BCRYPT_COST?.toString(),
    API_KEY_TTL_HOURS: API_KEY_TTL_HOURS?.toString(),
    PIPELINE_OVERLAY: overlay && readFileSync(overlay, 'utf8'),
    ...Object.fromEntries(portNames.map((name) => [portVariable(name), String(ports[name])])),
  });
}

/** Throws a UsageError for variables of OpenTelemetry that docker-compose.yml does not hand on to the services. */
export function refuseLostVariables({ root, passedOn }: Settings): void {
  const handedOn = readFileSync(join(root, 'docker-compose.yml'), 'utf8').match(/\bOTEL_\w+/g);
  const lost = Object.keys(passedOn).filter((name) => /^OTEL_/.test(name) && !handedOn?.includes(name));
  if (lost.length === 0) return;
  throw new UsageError(
    `With Docker, ${lost.join(' and ')} would not reach the services: unset it. docs/telemetry.md lists what does.`,
  );
}
