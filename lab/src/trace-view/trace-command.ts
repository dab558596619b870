import { styleText } from 'node:util';
import { deliveryNotices } from '../delivery.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { storesOf } from '../query/stores.ts';
import type { Session } from '../stack.ts';
import { arrangeTrace } from './arrange.ts';
import { gatherTrace, whyLinesAreMissing } from './gather.ts';
import { findRequests } from './served-request.ts';
import { type Page, requestLines, traceLines } from './terminal.ts';
import { readTraceId } from './trace-id.ts';

const arrivalLimitMs = 4000;
const maxRequests = 15;

/** `./vitrine trace <id>`: prints the spans and log lines of one request; without an id, the latest requests. */
export async function traceCommand(
  given: string | undefined,
  { settings, report }: Pick<Session, 'settings' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const { jaeger, prometheus, loki } = storesOf(settings);
  const page = pageOf(process.stdout);
  /** What people read when Jaeger lacks a trace: that, and what is not delivered at present. */
  const absent = async (message: string) =>
    new LabError([message, ...(await deliveryNotices(prometheus))].join('\n'));
  if (given === undefined) {
    const requests = await findRequests(jaeger, { service: 'frontend', limit: maxRequests }, Date.now());
    if (requests.length === 0)
      throw await absent('Jaeger has no request to the frontend yet: open a page of the shop.');
    for (const line of requestLines(requests, page)) report(line);
    for (const notice of await deliveryNotices(prometheus)) process.stderr.write(`${notice}\n`);
    return;
  }
  const traceId = readTraceId(given);
  if (traceId === undefined) {
    throw new UsageError(
      `"${given}" is not a trace id, which has 32 hexadecimal digits, as in X-Trace-Id. ./vitrine trace lists the latest.`,
    );
  }
  const onWait = () => process.stderr.write('Waiting for spans and log lines …\n');
  const found = await gatherTrace({ jaeger, loki }, traceId, { limitMs: arrivalLimitMs, signal, onWait });
  const view = found && arrangeTrace(found.trace, found.lines);
  if (!found || !view) {
    throw await absent(
      `Jaeger has no trace ${traceId}. A trace appears within 3 s of its request; only the newest are kept.`,
    );
  }
  for (const line of traceLines(view, page)) report(line);
  if (found.lokiProblem) report(`\nThere are no log lines: ${found.lokiProblem}`);
  const missing = await whyLinesAreMissing(found, prometheus);
  if (missing) report(`\n${missing}`);
}

function pageOf(stream: NodeJS.WriteStream): Page {
  return {
    width: stream.columns ?? 120,
    isCut: Boolean(stream.isTTY),
    paint: (colour, text) => styleText(colour, text, { stream }),
  };
}
