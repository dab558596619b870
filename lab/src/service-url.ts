import { reachableHost } from './addresses.ts';
import { LabError } from './lab-error.ts';
import type { ServiceName } from './part-names.ts';
import { whyServiceNotReady } from './readiness.ts';
import type { Settings } from './settings.ts';

/** The address of a service on this machine. */
export function serviceUrl({ ports, values }: Settings, service: ServiceName): string {
  return `http://${reachableHost(values.BIND_ADDRESS)}:${ports[service]}`;
}

/** The address of the shop on this machine. Throws a LabError unless the shop is ready. */
export async function readyShopUrl(settings: Settings): Promise<string> {
  const url = serviceUrl(settings, 'frontend');
  const why = await whyServiceNotReady(`${url}/readyz`, 2000);
  if (why) throw new LabError(`The shop at ${url} is not ready: ${why}. ./start.sh starts it.`);
  return url;
}
