import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

/** An answer that is complete. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * Sends a request and takes in the whole answer, without a time limit. undici's `request` would make a stream of each
 * answer, which takes half as much CPU time again.
 *
 * @param onStart is given the way to end the exchange early: the answer is then rejected with the reason
 * @throws undici's errors, whose `code` tells what happened to the connection
 */
export function exchange(
  pool: Pool,
  request: Dispatcher.DispatchOptions,
  onStart: (abort: (reason: Error) => void) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let aborted: Error | undefined;
    const answer: Omit<Answer, 'text'> = { status: 0, headers: {} };
    const chunks: Buffer[] = [];
    onStart((reason) => {
      aborted = reason;
      controller?.abort(reason);
      reject(reason);
    });
    pool.dispatch(
      { ...request, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          controller = started;
          if (aborted) started.abort(aborted);
        },
        onResponseStart(_controller, status, headers) {
          if (status >= 200) Object.assign(answer, { status, headers });
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          resolve({ ...answer, text: Buffer.concat(chunks).toString() });
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}
