import { createInterface } from 'node:readline/promises';
import { LabError } from '../lab-error.ts';
import { allowedCauses, allowedParts } from './answer.ts';

type Terminal = { input: NodeJS.ReadableStream; output: NodeJS.WritableStream };
type Statement = { part: string; cause: string; evidence?: string | undefined };

/** Asks step by step what is wrong. Throws a LabError when there is no answer. */
export async function askPerson(terminal: Terminal): Promise<Statement> {
  const lines = createInterface(terminal);
  const closing = new AbortController();
  lines.on('close', () => closing.abort());
  const ask = (question: string) =>
    lines.question(`${question} `, { signal: closing.signal }).then(
      (text) => text.trim(),
      () => {
        throw new LabError('No answer was given: the drill goes on.');
      },
    );
  /** The beginning of a choice does as well. */
  const choose = async (question: string, choices: readonly string[]): Promise<string> => {
    const text = await ask(`${question} (${choices.join(', ')})`);
    const exact = choices.filter((choice) => choice === text);
    const [choice, other] = exact.length > 0 ? exact : choices.filter((one) => text && one.startsWith(text));
    return choice !== undefined && other === undefined ? choice : choose(question, choices);
  };
  try {
    if ((await choose('Is something wrong?', ['yes', 'no'])) === 'no')
      return { part: 'none', cause: 'nothing' };
    return {
      part: await choose('Where?', without(allowedParts, 'none')),
      cause: await choose('What?', without(allowedCauses, 'nothing')),
      evidence: (await ask('Which trace shows it? (its id, or nothing)')) || undefined,
    };
  } finally {
    lines.close();
  }
}

function without(choices: readonly string[], left: string): string[] {
  return choices.filter((choice) => choice !== left);
}
