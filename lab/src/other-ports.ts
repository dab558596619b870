import { UsageError } from './lab-error.ts';
import { type PortName, portNames, portVariable } from './part-names.ts';
import { defaultPorts, type Settings } from './settings.ts';

/** The known ports of a shop. */
export type Ports = Partial<Record<PortName, number>>;

/** Throws a UsageError when the shop that runs in this home was started with other ports than those of the settings. */
export function refuseOtherPorts({ home, ports }: Settings, running: Ports): void {
  if (portNames.every((name) => (running[name] ?? ports[name]) === ports[name])) return;
  const variables = portVariables(running);
  throw new UsageError(
    `The shop in ${home} runs with ${variables}: put that before the command too (${variables} ./vitrine …), or set VITRINE_HOME to the shop that you mean.`,
  );
}

/** The variables that give these ports: PORT_OFFSET for the most common offset, single ports for the rest. */
function portVariables(ports: Ports): string {
  const moves = portNames.flatMap((name) => {
    const port = ports[name];
    return port === undefined ? [] : [{ name, port, distance: port - defaultPorts[name] }];
  });
  const byDistance = [...Map.groupBy(moves, ({ distance }) => distance)];
  const [[offset] = [0]] = byDistance.sort(([, some], [, others]) => others.length - some.length);
  const others = moves.filter(({ distance }) => distance !== offset);
  const single = others.map(({ name, port }) => `${portVariable(name)}=${port - offset}`);
  return [`PORT_OFFSET=${offset}`, ...single].join(' ');
}
