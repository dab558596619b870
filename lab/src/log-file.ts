import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const chunkBytes = 64 * 1024;
const followMs = 200;

/** The last `count` lines of the file at `path` after byte `from`; none when there is no such file. */
export function lastLines(path: string, count: number, from = 0): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, 'r');
  try {
    let start = fstatSync(file).size;
    let tail = Buffer.alloc(0);
    // The first line may be cut, so one more than asked for is read.
    while (start > from && countLines(tail) <= count) {
      const length = Math.min(chunkBytes, start - from);
      start -= length;
      tail = Buffer.concat([readBytes(file, start, length), tail]);
    }
    const lines = tail.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return count === 0 ? [] : lines.slice(-count);
  } finally {
    closeSync(file);
  }
}

/** Passes each complete line that is appended to the file at `path` to `onLine`, until `signal` aborts. */
export async function followLines(
  path: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let { inode, size: offset } = identify(path);
  let rest = Buffer.alloc(0);
  while (!signal.aborted) {
    const now = identify(path);
    // A file that was replaced or truncated is read from its beginning.
    if (now.inode !== inode || now.size < offset) offset = 0;
    inode = now.inode;
    if (now.size > offset) {
      const file = openSync(path, 'r');
      const added = readBytes(file, offset, now.size - offset);
      closeSync(file);
      offset += added.length;
      const whole = Buffer.concat([rest, added]);
      const end = whole.lastIndexOf('\n') + 1;
      rest = whole.subarray(end);
      const lines = whole.subarray(0, end).toString('utf8').split('\n');
      for (const line of lines.slice(0, -1)) onLine(line);
    }
    await wait(followMs, undefined, { signal }).catch(() => undefined);
  }
}

function identify(path: string): { inode: number; size: number } {
  if (!existsSync(path)) return { inode: 0, size: 0 };
  const { ino, size } = statSync(path);
  return { inode: ino, size };
}

function readBytes(file: number, position: number, length: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(file, buffer, { position }));
}

function countLines(buffer: Buffer): number {
  return buffer.filter((byte) => byte === 0x0a).length;
}
