import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Variables } from '../env-file.ts';
import type { PortName } from '../part-names.ts';
import type { Ports } from '../shop-record.ts';

/** A port of the pods of a workload, such as `deployment/frontend`. */
export type Target = Route & { name: PortName };
type Route = { workload: string; port: number };

export type Forwards = {
  /** Ports of 127.0.0.1 that lead to the targets. */
  ports: Ports;
  /** Resolves when connections to the target can be made, or have no pod. */
  open: (name: PortName) => Promise<void>;
  /** Resolves to a port of 127.0.0.1 that leads to this pod only, until it is gone; to undefined when it does not run. */
  toPod: (pod: string, port: number) => Promise<number | undefined>;
  /** Lets later connections to the workload lead to a pod that is there then. */
  renew: (workload: string) => void;
  close: () => void;
};

/** How long `kubectl port-forward` waits for a pod that runs. */
const podLimit = '5s';
/** A program for `sh` that runs `kubectl` until its input ends, as it does when the command that reads from it was killed. */
const endWithInput =
  'exec 3<&0; kubectl "$@" 3<&- & child=$!; { read -r _ <&3; kill $child; } >/dev/null 2>&1 & wait $child; kill $!';

/**
 * Opens a free port of 127.0.0.1 for each target. `kubectl port-forward` runs for those that somebody connects to, and
 * anew once its pod is gone; a connection for which there is no pod is reset. `place` are the arguments that name the
 * context and the namespace.
 */
export async function openForwards(
  targets: readonly Target[],
  place: readonly string[],
  environment: Variables,
): Promise<Forwards> {
  const children = new Set<ChildProcess>();
  const endChildren = () => {
    for (const child of children) end(child);
  };
  process.once('exit', endChildren);
  let isForbidden = false;

  /** Resolves to the port of a new `kubectl port-forward`, to undefined when there is no pod. Calls `onEnd` at its end. */
  const forward = ({ workload, port }: Route, onEnd: () => void): Promise<number | undefined> => {
    const args = ['port-forward', '--address=127.0.0.1', `--pod-running-timeout=${podLimit}`];
    const child = spawn('sh', ['-c', endWithInput, 'sh', ...place, ...args, workload, `:${port}`], {
      // A Ctrl-C must not end it: what a command has broken is undone through it.
      ...{ env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
    });
    children.add(child);
    return new Promise((resolve) => {
      const ended = () => {
        children.delete(child);
        onEnd();
        resolve(undefined);
      };
      child.on('error', ended).on('exit', ended);
      if (child.stdout === null) return;
      createInterface(child.stderr).on('line', (line) => {
        if (!line.includes('forbidden') || isForbidden) return;
        isForbidden = true;
        process.stderr.write(`${line}\n`);
      });
      createInterface(child.stdout).on('line', (line) => {
        const [, local] = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line) ?? [];
        if (local !== undefined) resolve(Number(local));
      });
    });
  };

  // What a command has not waited for may still ask.
  let isClosed = false;
  const current = new Map<string, Promise<number | undefined>>();
  const keyOf = ({ workload, port }: Route) => `${workload}:${port}`;
  const portTo = async (route: Route) => {
    if (isClosed) return undefined;
    const key = keyOf(route);
    const known = current.get(key);
    if (known) return known;
    const opened = forward(route, () => {
      if (current.get(key) === opened) current.delete(key);
    });
    current.set(key, opened);
    return opened;
  };

  const servers = await Promise.all(
    targets.map(async (target) => {
      const server = createServer({ allowHalfOpen: true }, async (socket) => {
        socket.on('error', () => socket.destroy());
        const port = await portTo(target);
        if (port === undefined) socket.resetAndDestroy();
        else join(socket, connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server;
    }),
  );
  const listening = z.object({ port: z.number() });
  return {
    ports: Object.fromEntries(
      targets.map(({ name }, index) => [name, listening.parse(servers[index]?.address()).port]),
    ),
    async open(name) {
      await Promise.all(targets.filter((target) => target.name === name).map(portTo));
    },
    toPod: (pod, port) => portTo({ workload: `pod/${pod}`, port }),
    renew(workload) {
      for (const target of targets) if (target.workload === workload) current.delete(keyOf(target));
    },
    close() {
      isClosed = true;
      process.removeListener('exit', endChildren);
      for (const server of servers) server.close();
      endChildren();
    },
  };
}

/** Passes on what either side sends, until both have ended. */
function join(one: Socket, other: Socket): void {
  other.on('error', () => one.resetAndDestroy());
  one.on('close', () => other.destroy());
  other.on('close', () => one.destroy());
  one.pipe(other);
  other.pipe(one);
}

/** Ends the process and its children. */
function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid);
  } catch {
    // It has ended just now.
  }
}
