import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../lab-error.ts';

/** Reads a file of the repository. Throws a LabError that names it and says what is wrong. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  read: (text: string) => unknown,
  root: string,
): z.output<Schema> {
  try {
    return schema.parse(read(readFileSync(join(root, path), 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new LabError(`${path} cannot be read: ${why}`);
  }
}
