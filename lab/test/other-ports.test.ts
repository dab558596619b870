import { expect, test } from 'vitest';
import { listContainers } from '../src/compose/containers.ts';
import { refuseOtherPorts } from '../src/other-ports.ts';
import { findPlaces, readSettings } from '../src/settings.ts';

const settingsWith = (environment: NodeJS.Dict<string>) =>
  readSettings(findPlaces({ VITRINE_HOME: '/tmp/second' }), environment);

test.each([
  [{ PORT_OFFSET: '10000' }, {}, 'PORT_OFFSET=10000'],
  [{}, { PORT_OFFSET: '10000' }, 'PORT_OFFSET=0'],
  [{ FRONTEND_PORT: '8080' }, {}, 'PORT_OFFSET=0 FRONTEND_PORT=8080'],
  [
    { PORT_OFFSET: '2000', USER_DBASE_PORT: '20000' },
    { PORT_OFFSET: '2000' },
    'PORT_OFFSET=2000 USER_DBASE_PORT=20000',
  ],
])(
  'When a shop was started with %j and is asked with %j, then what to type is %s',
  (started, asked, typed) => {
    const running = settingsWith(started).ports;
    expect(() => refuseOtherPorts(settingsWith(asked), running)).toThrow(
      `The shop in /tmp/second runs with ${typed}: put that before the command too (${typed} ./vitrine …)`,
    );
    const [, ...variables] = /^(\S+)(?: (\S+))?$/.exec(typed) ?? [];
    const environment = Object.fromEntries(variables.flatMap((variable) => [variable?.split('=') ?? []]));
    expect(() => refuseOtherPorts(settingsWith(environment), running)).not.toThrow();
  },
);

test('When nothing runs, or only some ports are known, then those that are known must fit', () => {
  const asked = settingsWith({ PORT_OFFSET: '10' });
  expect(() => refuseOtherPorts(asked, {})).not.toThrow();
  expect(() => refuseOtherPorts(asked, { frontend: 5010 })).not.toThrow();
  expect(() => refuseOtherPorts(asked, { frontend: 5000 })).toThrow('runs with PORT_OFFSET=0:');
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
  const published = (await listContainers(docker, 'vitrine')).map(({ publishedPorts }) => publishedPorts);
  expect(published).toEqual([{ 'otel-collector': 14_317, 'otel-collector-health': 23_133 }, {}]);
});
