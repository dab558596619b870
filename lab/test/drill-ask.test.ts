import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { askPerson } from '../src/drill/ask-person.ts';

/** What somebody who types these lines, and then closes the terminal, is asked and has said. */
async function type(...lines: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = text(output);
  const remaining = [...lines];
  // A line that comes before its question would answer nothing.
  output.on('data', () => {
    const line = remaining.shift();
    if (line === undefined) input.end();
    else input.write(`${line}\n`);
  });
  const said = askPerson({ input, output }).finally(() => output.end());
  return { said: await said, asked: await asked };
}

test('When somebody is asked, then the beginnings of words will do, and what is none is asked again', async () => {
  const { said, asked } = await type('y', 'mysql', 'product', 'product_d', 'sl', 'abc');
  expect(said).toEqual({ part: 'product_dbase', cause: 'slow', evidence: 'abc' });
  expect(asked.match(/Is something wrong\?/g)).toHaveLength(1);
  expect(asked.match(/Where\?/g)).toHaveLength(3);
});

test('When nothing is wrong, then no more is asked', async () => {
  const { said, asked } = await type('no');
  expect(said).toEqual({ part: 'none', cause: 'nothing' });
  expect(asked).not.toContain('Where?');
});

test('When somebody shows no trace, then there is none', async () => {
  expect(await type('yes', 'loki', 'crashed', '')).toMatchObject({
    said: { part: 'loki', cause: 'crashed', evidence: undefined },
  });
});

test('When the terminal is closed, then there is no answer', async () => {
  await expect(type('yes')).rejects.toThrow('No answer was given: the drill goes on.');
});
