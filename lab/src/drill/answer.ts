import { z } from 'zod';
import { UsageError } from '../lab-error.ts';
import { type PartName, partNames } from '../part-names.ts';
import { readTraceId } from '../trace-view/trace-id.ts';
import { type Cause, causeNames } from './situation.ts';

/** What somebody holds to be wrong, with the id of a trace that shows it. */
export type Finding = { part: PartName; cause: Cause; evidence?: string | undefined };
/** None when nothing is wrong. */
export type Answer = readonly Finding[];

export type GivenAnswer = { answer: Answer; atMs: number };

/** What may be said; `none` goes with `nothing`. A drill leaves Alertmanager alone, which few shops have. */
export const allowedParts = [...partNames.filter((part) => part !== 'alertmanager'), 'none'] as const;
export const allowedCauses = [...causeNames, 'nothing'] as const;

const traceId = z.string().transform((text, context) => {
  const id = readTraceId(text);
  if (id !== undefined) return id;
  context.addIssue('must be a trace id, which has 32 hexadecimal digits');
  return z.NEVER;
});
const statementSchema = z.object({
  part: z.enum(allowedParts, `must be one of ${allowedParts.join(', ')}`),
  cause: z.enum(allowedCauses, `must be one of ${allowedCauses.join(', ')}`),
  evidence: traceId.nullish().transform((id) => id ?? undefined),
});
const findingsSchema = z.object({ findings: z.array(statementSchema) }).transform(({ findings }) => findings);

/**
 * Reads `{part, cause, evidence}`, or `{findings: [...]}` with at most `atMost` of these. Throws a UsageError that says
 * what is wrong with it.
 */
export function readAnswer(given: unknown, atMost: number): Answer {
  const schema = typeof given === 'object' && given && 'findings' in given ? findingsSchema : statementSchema;
  const result = schema.safeParse(given);
  if (!result.success) throw new UsageError(`The answer cannot be read:\n${z.prettifyError(result.error)}`);
  const statements = [result.data].flat();
  const findings = statements.flatMap(({ part, cause, evidence }) => {
    if ((part === 'none') !== (cause === 'nothing'))
      throw new UsageError('The part none goes with the cause nothing: neither goes with another.');
    return part === 'none' || cause === 'nothing' ? [] : [{ part, cause, evidence }];
  });
  if (findings.length < statements.length && findings.length > 0)
    throw new UsageError('Either nothing is wrong or something is: the answer says both.');
  if (findings.length > atMost)
    throw new UsageError(`At most ${atMost === 1 ? 'one part' : `${atMost} parts`} can be named.`);
  return findings;
}

export function describeAnswer(answer: Answer): string {
  if (answer.length === 0) return 'nothing is wrong';
  return answer.map(({ part, cause }) => `${part} ${cause}`).join(', ');
}
