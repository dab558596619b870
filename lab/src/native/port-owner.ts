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

function findByProc(port: number): PortOwner {
  const found = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => socketsAt(table, port));
  const listening = found.filter(({ isListening }) => isListening);
  const sockets = new Set((listening.length > 0 ? listening : found).map(({ inode }) => inode));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (socketsOf(pid).some((inode) => sockets.has(inode))) {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return { pid: Number(pid), command };
    }
  }
  return {};
}

/** Source, proc_net(5): local address is `hex address:hex port`, state 0A is LISTEN, the tenth column the inode. */
function socketsAt(table: string, port: number): { inode: string; isListening: boolean }[] {
  if (!existsSync(table)) return [];
  const rows = readFileSync(table, 'utf8').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const isAtPort = Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isAtPort && inode !== undefined ? [{ inode, isListening: state === '0A' }] : [];
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
