import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** The process that listens on a TCP port; empty when it belongs to another user. */
export type PortOwner = { pid?: number; command?: string };

/** The error of listening on `port` at `host`: `EADDRINUSE`, `EACCES` …; undefined when it is free. */
export function whyNotFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The process that listens on `port`, if this user may know it. */
export function findPortOwner(port: number): PortOwner {
  return attempt(() => findByProc(port), {});
}

function findByProc(port: number): PortOwner {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)),
  );
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (socketsOf(pid).some((inode) => sockets.has(inode))) {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return { pid: Number(pid), command };
    }
  }
  return {};
}

/** Source, proc_net(5): local address is `hex address:hex port`, state 0A is LISTEN, the tenth column the inode. */
function listeningInodes(table: string, port: number): string[] {
  if (!existsSync(table)) return [];
  const rows = readFileSync(table, 'utf8').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const isListener = state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isListener && inode !== undefined ? [inode] : [];
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
