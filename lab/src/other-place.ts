import { UsageError } from './lab-error.ts';
import { portNames, portVariable } from './part-names.ts';
import { defaultPorts, type Settings } from './settings.ts';
import type { Ports, Start } from './shop-record.ts';

const placeVariables = ['BIND_ADDRESS', 'PORT_OFFSET', ...portNames.map(portVariable)];

/**
 * Throws a UsageError when `environment` moves the shop of this home, which runs, to other ports or another address.
 * `asked` are the settings without those of the running shop.
 */
export function refuseOtherPlace(
  { home, ports, values }: Settings,
  environment: NodeJS.Dict<string>,
  running: Start,
): void {
  if (!placeVariables.some((name) => environment[name])) return;
  const { BIND_ADDRESS = values.BIND_ADDRESS } = running.variables;
  const hasSamePorts = portNames.every((name) => (running.ports[name] ?? ports[name]) === ports[name]);
  const hasSameAddress = !environment.BIND_ADDRESS || BIND_ADDRESS === values.BIND_ADDRESS;
  if (hasSamePorts && hasSameAddress) return;
  const place = [...describe(running.ports), ...(hasSameAddress ? [] : [`BIND_ADDRESS=${BIND_ADDRESS}`])];
  throw new UsageError(
    `The shop in ${home} runs with ${place.join(' ')}, which its commands know without being told. To move it, run ./stop.sh first; for another shop, set VITRINE_HOME.`,
  );
}

/** The variables that give these ports: PORT_OFFSET for the most common offset, single ports for the rest. */
function describe(ports: Ports): string[] {
  const moves = portNames.flatMap((name) => {
    const port = ports[name];
    return port === undefined ? [] : [{ name, port, distance: port - defaultPorts[name] }];
  });
  const byDistance = [...Map.groupBy(moves, ({ distance }) => distance)];
  const [[offset] = [0]] = byDistance.sort(([, some], [, others]) => others.length - some.length);
  const others = moves.filter(({ distance }) => distance !== offset);
  return [
    `PORT_OFFSET=${offset}`,
    ...others.map(({ name, port }) => `${portVariable(name)}=${port - offset}`),
  ];
}
