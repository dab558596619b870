import { once } from 'node:events';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { isRunningTrial, readTrial, trialRuns } from '../faults/trial.ts';
import { foldersOf } from '../home.ts';
import { LabError, UsageError } from '../lab-error.ts';
import type { Progress } from '../progress.ts';
import { verdictSchema } from './verdict.ts';

// The line between the commands and the process that hosts the drill: a socket in the shop's home. A command sends one
// request, and gets as many replies as there is to say, each as a line of JSON.

const socketFile = 'drill.sock';

const requestSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('answer'), answer: z.unknown() }),
  z.object({ do: z.literal('done') }),
]);
export type Request = z.output<typeof requestSchema>;

const replySchema = z.union([
  z.object({ progress: z.string() }),
  z.object({ problem: z.string(), isUsage: z.boolean() }),
  z.object({ answer: z.string() }),
  z.object({ verdict: verdictSchema }),
]);
export type Reply = z.output<typeof replySchema>;

/** What was wrong, as a reply. A bug keeps its stack: the host has no log. */
export function problemOf(error: unknown): Extract<Reply, { problem: string }> {
  const text = error instanceof Error && !(error instanceof LabError) ? error.stack : undefined;
  const problem = text ?? (error instanceof Error ? error.message : String(error));
  return { problem, isUsage: error instanceof UsageError };
}

/** Answers requests at the home's socket until the server is closed. `serve` may reply until it has resolved. */
export async function openLine(
  home: string,
  serve: (request: Request, reply: (reply: Reply) => void) => Promise<void>,
): Promise<Server> {
  const server = createServer((socket) => {
    // A command that was interrupted.
    socket.on('error', () => socket.destroy());
    const reply = (message: Reply) => void socket.write(`${JSON.stringify(message)}\n`);
    createInterface(socket).once('line', async (line) => {
      try {
        await serve(requestSchema.parse(JSON.parse(line)), reply);
      } catch (error) {
        reply(problemOf(error));
      }
      socket.end();
    });
  });
  const path = join(foldersOf(home).run, socketFile);
  rmSync(path, { force: true });
  inRunFolder(home, () => server.listen(socketFile));
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return server;
}

/** Takes no more requests, and deletes the socket, whose path the server knows from the folder only. */
export function closeLine(home: string, server: Server): void {
  if (existsSync(foldersOf(home).run)) inRunFolder(home, () => server.close());
  else server.close();
}

/** Asks the process that hosts the drill of this home. Throws a LabError when there is none, or when it refuses. */
export async function askHost(
  home: string,
  request: Request,
  { report, signal }: Progress,
): Promise<Exclude<Reply, { progress: string } | { problem: string }>> {
  const socket = await connect(home);
  const lines = createInterface(socket);
  signal.addEventListener('abort', () => lines.close());
  // The host was killed.
  socket.on('error', () => lines.close());
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    for await (const line of lines) {
      const reply = replySchema.parse(JSON.parse(line));
      if ('progress' in reply) report(reply.progress);
      else if ('problem' in reply) throw new (reply.isUsage ? UsageError : LabError)(reply.problem);
      else return reply;
    }
  } finally {
    socket.destroy();
  }
  throw new LabError('The drill has ended without a verdict. ./vitrine status puts right what it has left.');
}

/** Throws a LabError when no process hosts a drill of this home. */
export async function requireHost(home: string): Promise<void> {
  const socket = await connect(home);
  socket.end();
}

async function connect(home: string): Promise<Socket> {
  try {
    const socket = inRunFolder(home, () => createConnection(socketFile));
    await once(socket, 'connect');
    return socket;
  } catch {
    throw whyNoLine(home);
  }
}

function whyNoLine(home: string): LabError {
  const trial = readTrial(home);
  if (trial === undefined || !isRunningTrial(trial))
    return new LabError('No drill is running: ./vitrine drill begins one.');
  if (trial.name !== 'drill') return trialRuns(trial);
  return new LabError('The drill is still being prepared: wait for its sheet.');
}

/** A home may have a longer path than the 107 bytes that fit into a socket's address, so that is a relative one. */
function inRunFolder<Result>(home: string, work: () => Result): Result {
  const before = cwd();
  chdir(foldersOf(home).run);
  try {
    return work();
  } finally {
    chdir(before);
  }
}
