import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { foldersOf, openHome } from './home.ts';
import { UsageError } from './lab-error.ts';
import { portNames } from './part-names.ts';
import { writeWhole } from './write-whole.ts';

const ownModes = ['docker', 'native'] as const;
/** The shop runs in the containers of docker-compose.yml, or as processes of this machine. */
export type OwnMode = (typeof ownModes)[number];
/** It may also run in a namespace of a cluster. */
export const modes = [...ownModes, 'kubernetes'] as const;
export type Mode = (typeof modes)[number];
/** The modes in the middle of a sentence. */
export const modeWords: Record<Mode, string> = {
  docker: 'with Docker',
  native: 'without Docker',
  kubernetes: 'on Kubernetes',
};

const startSchema = z.object({
  ports: z.partialRecord(z.enum(portNames), z.int().min(1).max(65_535)),
  variables: z.record(z.string(), z.string()),
});

/** How a shop was started, as far as it is known: its ports, and other settings by the variable's name. */
export type Start = z.output<typeof startSchema>;
export type Ports = Start['ports'];

const recordSchema = startSchema.extend({ mode: z.enum(ownModes), folder: z.string() });

/**
 * What a home remembers of its last start. The mode and the folder, by which Docker knows the shop, hold until
 * `./stop.sh --reset`; the rest holds until the shop is stopped.
 */
export type ShopRecord = z.output<typeof recordSchema>;

/** Opens the home and records a start in it, for the owner's eyes only. scripts/without-node.sh does so too. */
export function recordShop(home: string, record: ShopRecord): void {
  openHome(home);
  writeWhole(recordFile(home), JSON.stringify(record), { mode: 0o600 });
}

/** Undefined when there is no record. Throws a UsageError when it is damaged, or when the home is another user's. */
export function readShopRecord(home: string): ShopRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordFile(home), 'utf8')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'EACCES') {
      throw new UsageError(
        `${home} is closed to you: run the command as its owner, or set VITRINE_HOME to another folder.`,
      );
    }
    throw new UsageError(
      `${recordFile(home)}, which says how the shop was started, is damaged: delete it, then run ./stop.sh and ./start.sh.`,
    );
  }
}

/** Forgets how the shop was started; for one that was stopped. */
export function forgetStart(home: string): void {
  const record = readShopRecord(home);
  if (record) recordShop(home, { ...record, ports: {}, variables: {} });
}

/** Makes `record` the one of the home again, after a start that failed. */
export function restoreShopRecord(home: string, record: ShopRecord | undefined): void {
  if (record === undefined) rmSync(recordFile(home), { force: true });
  else recordShop(home, record);
}

function recordFile(home: string): string {
  return join(foldersOf(home).run, 'shop.json');
}
