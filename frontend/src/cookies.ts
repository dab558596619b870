import { parse } from 'cookie';
import type { Request } from 'express';

/** The cookies of a request, parsed once. Values stay plain text. */
export function cookiesOf(request: Request): Record<string, string> {
  request.cookies ??= parse(request.headers.cookie ?? '');
  return request.cookies;
}
