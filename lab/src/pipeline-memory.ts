import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { foldersOf, openHome } from './home.ts';
import type { Settings } from './settings.ts';

export const pipelineFile = ({ root }: Pick<Settings, 'root'>) => join(root, 'otel-collector-config.yaml');

/** The files that the collector merges into its configuration, in this order. */
export function pipelineFiles(settings: Pick<Settings, 'root' | 'overlay'>): readonly string[] {
  return [pipelineFile(settings), settings.overlay ?? []].flat();
}

/** Remembers the configuration with which the collector was ready last, and why a later one could not be used. */
export function pipelineMemory(settings: Pick<Settings, 'root' | 'home'>) {
  const file = pipelineFile(settings);
  const folder = join(foldersOf(settings.home).data, 'otel-collector');
  const draft = join(folder, 'started.yaml');
  const proven = join(folder, 'proven.yaml');
  const refusal = join(folder, 'refusal.txt');
  const openFolder = () => {
    openHome(settings.home);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  };

  return {
    /** Called before the collector is started with the present configuration. */
    begin() {
      openFolder();
      copyFileSync(file, draft);
    },
    /** Called once it is ready with it. */
    prove() {
      if (existsSync(draft)) renameSync(draft, proven);
      rmSync(refusal, { force: true });
    },
    /** The path of the configuration with which it was ready last; undefined when there is none. */
    findProven: () => (existsSync(proven) ? proven : undefined),
    refuse(error: unknown) {
      openFolder();
      writeFileSync(refusal, summarize(error));
    },
    /** Why the present configuration is not in use, on one line; undefined when it may be. */
    whyRefused(): string | undefined {
      if (!existsSync(refusal)) return undefined;
      if (existsSync(proven) && readFileSync(proven).equals(readFileSync(file))) return undefined;
      return `the last restart failed: ${readFileSync(refusal, 'utf8')}`;
    },
  };
}

/** The collector's own complaint if the error quotes one, else the error's first lines. */
function summarize(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const complaint = /^\s*Error: (.+)$/m.exec(text)?.[1] ?? text;
  return complaint.split(/\s+/).join(' ').trim().slice(0, 300);
}
