import { usualSeconds } from './compiler.ts';
import type { ProgramName } from './programs.ts';

const noticeMs = 10_000;

/** Says what begins to be compiled, and every ten seconds what still is. */
export function compileProgress(report: (line: string) => void) {
  const since = new Map<ProgramName, number>();
  let timer: NodeJS.Timeout | undefined;

  const elapsedSeconds = (name: ProgramName) =>
    Math.round((Date.now() - (since.get(name) ?? Date.now())) / 1000);

  const notice = () => {
    const each = [...since.keys()].map(
      (name) => `${name} (${elapsedSeconds(name)} s of about ${usualSeconds(name)})`,
    );
    report(`  … compiling ${each.join(', ')}`);
  };

  return {
    begin(name: ProgramName): void {
      since.set(name, Date.now());
      report(`  compiling ${name} (about ${usualSeconds(name)} s) …`);
      timer ??= setInterval(notice, noticeMs);
    },
    secondsOf: elapsedSeconds,
    end(name: ProgramName): void {
      since.delete(name);
      if (since.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
