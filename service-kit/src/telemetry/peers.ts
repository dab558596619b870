import type { Attributes } from '@opentelemetry/api';

// `url.full` has path and query, and the conventions want the original method only where it is an odd one.
const NEEDLESS = ['http.request.method_original', 'url.path', 'url.query'];
const erased: Attributes = Object.fromEntries(NEEDLESS.map((name) => [name, undefined]));

const known = new Map<string, Attributes>();

/** Remembers which service answers at an address, for `peer.service` on client spans: the service map is drawn from it. */
export function namePeer(baseUrl: string, name: string): void {
  known.set(new URL(baseUrl).origin, { ...erased, 'peer.service': name });
}

/** Replaces attributes that the instrumentation of undici gives the span of a request. */
export function peerAttributes({ origin }: { origin: string }): Attributes {
  return known.get(origin) ?? erased;
}
