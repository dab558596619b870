import { hostAddress } from '../compose/host-address.ts';
import { whyNotFree } from '../native/port-owner.ts';
import { backendUrls } from '../query/backend-urls.ts';
import { serviceUrl } from '../service-url.ts';
import type { Session } from '../stack.ts';
import { serveConsole } from './serve.ts';

const everywhere = ['0.0.0.0', '::'];

/** `./vitrine console`: runs the console in the foreground, for a stack that does not include it. */
export async function consoleCommand(session: Omit<Session, 'stack'>, signal: AbortSignal): Promise<void> {
  const { settings } = session;
  const { ports, values } = settings;
  const urls = backendUrls(settings);
  const config = {
    ...{ HOST: values.BIND_ADDRESS, PORT: ports.console },
    ...{ JAEGER_URL: urls.jaeger, PROMETHEUS_URL: urls.prometheus, LOKI_URL: urls.loki },
    SHOP_URL: serviceUrl(settings, 'frontend'),
  };
  return serveConsole(config, signal, await addressForAlerts(session, signal));
}

/**
 * A further address of this machine at which Alertmanager, in its container, finds the console; undefined when it needs
 * none, as with Docker Desktop, which leads it to 127.0.0.1.
 */
async function addressForAlerts(
  { settings, mode, report }: Omit<Session, 'stack'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ALERTING, BIND_ADDRESS } = settings.values;
  if (mode !== 'docker' || everywhere.includes(BIND_ADDRESS)) return undefined;
  const address = await hostAddress(settings, signal);
  if (address === undefined) {
    if (ALERTING === 'on') report('Alertmanager does not run: when it does, start the console again.');
    return undefined;
  }
  const isElsewhere = (await whyNotFree(address, settings.ports.console)) === 'EADDRNOTAVAIL';
  return isElsewhere ? undefined : address;
}
