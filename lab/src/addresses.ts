/** The address that backends listen on; their files append a port, so it must not be an IPv6 address. */
export function backendAddress(bindAddress: string): string {
  return bindAddress.includes(':') ? '127.0.0.1' : bindAddress;
}

/** The host, as part of a URL, at which this machine reaches a service that listens on `bindAddress`. */
export function reachableHost(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '::') return '127.0.0.1';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}
