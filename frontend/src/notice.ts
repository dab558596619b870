import type { Request, Response } from 'express';
import { z } from 'zod';
import { cookiesOf } from './cookies';
import type { Messages } from './messages-fr';

/** A message for the next page. */
const noticeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('added'), quantity: z.int().min(1).max(99) }),
  z.object({
    kind: z.literal('ordered'),
    order: z.int().positive(),
    total: z.number().nonnegative(),
    traceId: z.hex().length(32).optional(),
  }),
  z.object({ kind: z.enum(['updated', 'removed', 'gone', 'registered', 'loggedOut', 'productAdded']) }),
  z.object({
    kind: z.enum(['productUpdated', 'productDeleted', 'emptyCart', 'cartChanged', 'notSold', 'expired']),
  }),
  z.object({ kind: z.enum(['sessionUnavailable', 'stillLoggedIn', 'formKept', 'formLost']) }),
]);

export type Notice = z.output<typeof noticeSchema>;

const COOKIE = 'notice';
const LIFETIME_MS = 60_000;

/** Answers a form with a redirect to `path` on this site. A cookie holds the notice, so it needs no session. */
export function redirectWith(response: Response, path: string, notice: Notice): void {
  response.cookie(COOKIE, JSON.stringify(notice), {
    httpOnly: true,
    sameSite: 'lax',
    secure: response.req.secure,
    maxAge: LIFETIME_MS,
  });
  response.redirect(303, path);
}

/** Takes the notice out of its cookie; undefined when there is none or it is not valid. */
export function takeNotice(request: Request, response: Response): Notice | undefined {
  const cookies = cookiesOf(request);
  const stored = cookies[COOKIE];
  if (stored === undefined) return undefined;
  delete cookies[COOKIE];
  response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax' });
  try {
    return noticeSchema.parse(JSON.parse(stored));
  } catch {
    return undefined;
  }
}

interface NoticeWords {
  text: string;
  isWarning: boolean;
  link?: { href: string; text: string };
}

/** A notice in the visitor's language. */
export function noticeWords(notice: Notice, { notices, nav }: Messages): NoticeWords {
  switch (notice.kind) {
    case 'added': {
      const link = { href: '/checkout', text: notices.seeCart };
      return { text: notices.added(notice.quantity), isWarning: false, link };
    }
    case 'ordered':
      return { text: notices.ordered(notice.order), isWarning: false };
    case 'stillLoggedIn':
      return {
        text: notices.stillLoggedIn,
        isWarning: true,
        link: { href: '/logout', text: nav.logout },
      };
    case 'gone':
    case 'emptyCart':
    case 'cartChanged':
    case 'notSold':
    case 'expired':
    case 'formLost':
    case 'sessionUnavailable':
      return { text: notices[notice.kind], isWarning: true };
    default:
      return { text: notices[notice.kind], isWarning: false };
  }
}
