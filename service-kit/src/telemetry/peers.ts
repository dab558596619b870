import type { Attributes } from '@opentelemetry/api';

const names = new Map<string, string>();

/** Remembers which service answers at an address, for `peer.service` on client spans: the service map is drawn from it. */
export function namePeer(baseUrl: string, name: string): void {
  names.set(new URL(baseUrl).origin, name);
}

/** The attributes of a request by undici or fetch. */
export function peerAttributes({ origin }: { origin: string }): Attributes {
  const name = names.get(origin);
  return name === undefined ? {} : { 'peer.service': name };
}
