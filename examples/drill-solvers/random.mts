// Answers at random, sometimes that nothing is wrong: what a score has to be compared with.
import { json } from 'node:stream/consumers';

type Sheet = { answers: { parts: string[]; causes: string[] } };

const { answers } = (await json(process.stdin)) as Sheet;
const pick = (from: string[], none: string) => {
  const items = from.filter((item) => item !== none);
  return items[Math.floor(Math.random() * items.length)];
};
const isNothing = Math.random() < 1 / 6;
const answer = isNothing
  ? { part: 'none', cause: 'nothing' }
  : { part: pick(answers.parts, 'none'), cause: pick(answers.causes, 'nothing') };
process.stdout.write(`${JSON.stringify(answer)}\n`);
