import { estimatedSeconds } from './compiler.ts';
import type { ProgramName } from './programs.ts';

const noticeMs = 10_000;

/** Reports each program when its compilation begins, and every ten seconds those still being compiled. */
export function compileProgress(report: (line: string) => void) {
  const since = new Map<ProgramName, number>();
  let timer: NodeJS.Timeout | undefined;

  const elapsedSeconds = (name: ProgramName) =>
    Math.round((Date.now() - (since.get(name) ?? Date.now())) / 1000);

  const notice = () => {
    const each = [...since.keys()].map(
      (name) => `${name} (${elapsedSeconds(name)} s of about ${estimatedSeconds(name)})`,
    );
    report(`  … compiling ${each.join(', ')}`);
  };

  return {
    begin(name: ProgramName): void {
      since.set(name, Date.now());
      report(`  compiling ${name} (about ${estimatedSeconds(name)} s) …`);
      timer ??= setInterval(notice, noticeMs);
    },
    elapsedSeconds,
    end(name: ProgramName): void {
      since.delete(name);
      if (since.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
