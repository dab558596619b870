import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** The process that has a TCP port; empty when it belongs to another user. */
export type PortOwner = { pid?: number; command?: string };

/** The error of listening on `port` at `host`: `EADDRINUSE`, `EACCES` …; undefined when it is free. */
export function whyNotFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The process that listens on `port` or has a connection from it, if this user may know it. */
export function findPortOwner(port: number): PortOwner {
  return attempt(() => findByProc(port), {});
}

/** Whether process `pid`, of this user, listens on `port`. */
export function listensOn(port: number, pid: number): boolean {
  return attempt(() => splitListening(port, pid).own.length > 0, false);
}

/** A process of this user that listens at the same address and port as process `pid`; undefined when there is none. */
export function findSharer(port: number, pid: number): PortOwner | undefined {
  return attempt(() => {
    const { own, others } = splitListening(port, pid);
    return findHolder(others.filter(({ address }) => own.some((socket) => socket.address === address)));
  }, undefined);
}

function splitListening(port: number, pid: number) {
  const inodes = socketsOf(String(pid));
  const listening = socketsAt(port).filter(({ isListening }) => isListening);
  return {
    own: listening.filter(({ inode }) => inodes.includes(inode)),
    others: listening.filter(({ inode }) => !inodes.includes(inode)),
  };
}

function findByProc(port: number): PortOwner {
  const found = socketsAt(port);
  const listening = found.filter(({ isListening }) => isListening);
  return findHolder(listening.length > 0 ? listening : found) ?? {};
}

/** A process that holds one of the sockets open. */
function findHolder(sockets: readonly Socket[]): PortOwner | undefined {
  const inodes = new Set(sockets.map(({ inode }) => inode));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!socketsOf(pid).some((inode) => inodes.has(inode))) continue;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid: Number(pid), command };
  }
  return undefined;
}

type Socket = { address: string; inode: string; isListening: boolean };

function socketsAt(port: number): Socket[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => socketsIn(table, port));
}

/** Source, proc_net(5): local address is `hex address:hex port`, state 0A is LISTEN, the tenth column the inode. */
function socketsIn(table: string, port: number): Socket[] {
  if (!existsSync(table)) return [];
  const rows = readFileSync(table, 'utf8').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const [address = '', portInHex = ''] = local.split(':');
    const isAtPort = Number.parseInt(portInHex, 16) === port;
    return isAtPort && inode !== undefined ? [{ address, inode, isListening: state === '0A' }] : [];
  });
}

/** Inodes of the sockets that a process holds open; none when the process is another user's. */
function socketsOf(pid: string): string[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) => {
    // A descriptor may be closed since it was listed.
    const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [inode];
  });
}

function attempt<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
