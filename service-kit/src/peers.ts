const names = new Map<string, string>();

/** Remembers which service answers at an address, for the client spans' `peer.service`. */
export function namePeer(baseUrl: string, name: string): void {
  names.set(new URL(baseUrl).origin, name);
}

/** The service at an origin (`http://host:port`), when it is one of ours. */
export function peerName(origin: string): string | undefined {
  return names.get(origin);
}
