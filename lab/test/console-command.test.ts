import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { consoleCommand } from '../src/console/console-command.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { fakeDocker } from './fake-docker.ts';
import { findFreePorts } from './stack/start-stack.ts';
import { temporaryFolder } from './temporary-folder.ts';

const [loopback, ofDocker] = ['127.0.0.1', '127.0.0.2'];
const seen = (address: string) => `*" exec "*) echo '${address}	host.docker.internal' ;;`;

test.each([
  ['sees this machine at another address', seen(ofDocker), {}, [loopback, ofDocker], []],
  ['sees the machine of Docker Desktop', seen('203.0.113.9'), {}, [loopback], []],
  ['does not run', '*" exec "*) exit 1 ;;', {}, [loopback], [expect.stringContaining('does not run')]],
  ['is no part of the shop', '*" exec "*) exit 1 ;;', { ALERTING: 'off' }, [loopback], []],
  ['may see any address', seen(ofDocker), { BIND_ADDRESS: '0.0.0.0' }, [loopback, ofDocker], []],
])(
  'When the shop is in Docker, and Alertmanager %s, then the console is open where it is seen, and only there',
  async (_what, script, environment, wanted, said) => {
    const home = join(temporaryFolder(), 'home');
    const { offset, ports } = await findFreePorts(home);
    const settings = readSettings(findPlaces({ VITRINE_HOME: home }), {
      ...{ PATH: fakeDocker(script).PATH, PORT_OFFSET: String(offset), ALERTING: 'on', ...environment },
    });
    const lines: string[] = [];
    const stop = new AbortController();
    const session = { settings, mode: 'docker' as const, report: (line: string) => void lines.push(line) };
    const running = consoleCommand(session, stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await running;
    });
    const isOpen = async (host: string) =>
      (await fetch(`http://${host}:${ports.console}/healthz`).catch(() => undefined))?.ok === true;
    await expect.poll(() => isOpen(loopback)).toBe(true);
    const open = await Promise.all(
      [loopback, ofDocker].map(async (host) => ((await isOpen(host)) ? [host] : [])),
    );
    expect(open.flat()).toEqual(wanted);
    expect(lines).toEqual(said);
  },
);
