import type { Attributes } from '@opentelemetry/api';

const names = new Map<string, string>();

/** Remembers which service answers at an address: client spans name it in `peer.service`, which the service map needs. */
export function namePeer(baseUrl: string, name: string): void {
  names.set(new URL(baseUrl).host, name);
}

/** The attributes for a request by undici or fetch. */
export function peerOfOrigin({ origin }: { origin: string }): Attributes {
  return peerAttributes(origin.slice(origin.indexOf('//') + 2));
}

/** The attributes for a request by node:http. */
export function peerOfOptions(options: {
  host?: string | null | undefined;
  hostname?: string | null | undefined;
  port?: string | number | null | undefined;
}): Attributes {
  const url = `http://${options.hostname ?? options.host}:${options.port ?? 80}`;
  return URL.canParse(url) ? peerAttributes(new URL(url).host) : {};
}

function peerAttributes(host: string): Attributes {
  const name = names.get(host);
  return name === undefined ? {} : { 'peer.service': name };
}
