import type { ServerResponse } from 'node:http';
import { routeOf } from '@vitrine/service-kit/http-route';
import { sampledSpan, traceparentOf } from '@vitrine/service-kit/telemetry/spans';

/** The script that measures a page in the browser; its source is in `rum/`. */
export interface BrowserScript {
  src: string;
  /** The address to which it sends spans. */
  tracesUrl: string;
}

/** The script, with what it has to know of the page; undefined when the request is not traced. */
export function scriptFor(response: ServerResponse, script: BrowserScript) {
  const span = sampledSpan();
  return span && { ...script, route: routeOf(response), traceparent: traceparentOf(span) };
}
