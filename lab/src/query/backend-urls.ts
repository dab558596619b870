import { backendAddress, reachableHost } from '../addresses.ts';
import type { Settings } from '../settings.ts';

export type BackendUrls = Record<'jaeger' | 'prometheus' | 'loki', string>;

/** The addresses of the stack's backends on this machine. */
export function backendUrls({ ports, values }: Settings): BackendUrls {
  const host = reachableHost(backendAddress(values.BIND_ADDRESS));
  return {
    jaeger: `http://${host}:${ports.jaeger}`,
    prometheus: `http://${host}:${ports.prometheus}`,
    loki: `http://${host}:${ports.loki}`,
  };
}
