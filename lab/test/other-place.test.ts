import { expect, test } from 'vitest';
import { listContainers } from '../src/compose/containers.ts';
import { refuseOtherPlace } from '../src/other-place.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import type { Ports } from '../src/shop-record.ts';

const places = findPlaces({ VITRINE_HOME: '/tmp/second' });

/** Asks a shop that was `started` so with a command that is `asked` so. */
function ask(started: NodeJS.Dict<string>, asked: NodeJS.Dict<string>) {
  const { start } = readSettings(places, started);
  refuseOtherPlace(readSettings(places, asked), asked, start);
  return readSettings(places, asked, start);
}

test.each([
  [{ PORT_OFFSET: '10000' }, { PORT_OFFSET: '10' }, 'PORT_OFFSET=10000'],
  [{}, { PORT_OFFSET: '10000' }, 'PORT_OFFSET=0'],
  [{ FRONTEND_PORT: '8080' }, { FRONTEND_PORT: '8081' }, 'PORT_OFFSET=0 FRONTEND_PORT=8080'],
  [
    { PORT_OFFSET: '2000', USER_DBASE_PORT: '20000' },
    { PORT_OFFSET: '2000' },
    'PORT_OFFSET=2000 USER_DBASE_PORT=20000',
  ],
  [{}, { BIND_ADDRESS: '0.0.0.0' }, 'PORT_OFFSET=0 BIND_ADDRESS=127.0.0.1'],
  [{ BIND_ADDRESS: '0.0.0.0' }, { BIND_ADDRESS: '127.0.0.1' }, 'PORT_OFFSET=0 BIND_ADDRESS=0.0.0.0'],
])('When a shop was started with %j and is asked with %j, then it says %s', (started, asked, place) => {
  expect(() => ask(started, asked)).toThrow(
    `The shop in /tmp/second runs with ${place}, which its commands know without being told.`,
  );
  const [, ...variables] = /^(\S+)(?: (\S+))?$/.exec(place) ?? [];
  const repeated = Object.fromEntries(variables.flatMap((variable) => [variable?.split('=') ?? []]));
  for (const same of [repeated, {}, { LOG_LEVEL: 'debug' }, { PORT_OFFSET: '' }]) {
    const { ports, values } = ask(started, same);
    const { ports: right, values: known } = readSettings(places, started);
    expect({ ports, address: values.BIND_ADDRESS }).toEqual({ ports: right, address: known.BIND_ADDRESS });
  }
});

test('When only some ports of a shop are known, then those that are known must fit', () => {
  const asked = { PORT_OFFSET: '10' };
  const refuse = (ports: Ports) =>
    refuseOtherPlace(readSettings(places, asked), asked, { ports, variables: {} });
  expect(() => refuse({})).not.toThrow();
  expect(() => refuse({ frontend: 5010 })).not.toThrow();
  expect(() => refuse({ frontend: 5000 })).toThrow('runs with PORT_OFFSET=0,');
});

test('When a container publishes ports, then they go by the names that they have in the settings', async () => {
  const State = { Status: 'running', ExitCode: 0, OOMKilled: false, StartedAt: '2026-01-02T03:04:05Z' };
  const container = (part: string, PortBindings: unknown) => ({
    ...{ Id: part, RestartCount: 0, State, HostConfig: { PortBindings } },
    Config: { Labels: { 'com.docker.compose.service': part } },
  });
  const inspected = [
    container('otel-collector', {
      '4317/tcp': [{ HostIp: '127.0.0.1', HostPort: '14317' }],
      '13133/tcp': [{ HostIp: '127.0.0.1', HostPort: '23133' }],
    }),
    container('user_dbase', null),
  ];
  const docker = async (_kind: string | undefined, verb: string | undefined) =>
    verb === 'inspect' ? JSON.stringify(inspected) : 'one\ntwo';
  const published = (await listContainers(docker, 'vitrine')).map(({ publishedPorts, publishedAddress }) => [
    publishedPorts,
    publishedAddress,
  ]);
  expect(published).toEqual([
    [{ 'otel-collector': 14_317, 'otel-collector-health': 23_133 }, '127.0.0.1'],
    [{}, undefined],
  ]);
});
