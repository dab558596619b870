import type { Request, Response } from 'express';
import { z } from 'zod';
import { cookiesOf } from './cookies';
import type { Messages } from './messages-fr';

/** Something to be told on the next page that is shown. */
const notice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('added'), quantity: z.int().min(1).max(99) }),
  z.object({
    kind: z.literal('ordered'),
    order: z.int().positive(),
    total: z.number().nonnegative(),
    traceId: z.hex().length(32).optional(),
  }),
  z.object({ kind: z.enum(['updated', 'removed', 'gone', 'registered', 'loggedOut', 'productAdded']) }),
  z.object({ kind: z.enum(['productUpdated', 'productDeleted', 'emptyCart', 'notSold', 'expired']) }),
  z.object({ kind: z.literal('sessionAway') }),
]);

export type Notice = z.output<typeof notice>;

const COOKIE = 'notice';
const LIFETIME_MS = 60_000;

/** Answers a form: to a path of this site, with something to say there. Kept in a cookie, so strangers can be told too. */
export function redirectWith(response: Response, path: string, told: Notice): void {
  response.cookie(COOKIE, JSON.stringify(told), {
    httpOnly: true,
    sameSite: 'lax',
    secure: response.req.secure,
    maxAge: LIFETIME_MS,
  });
  response.redirect(303, path);
}

/** What there is to tell, once. A cookie that this shop did not write tells nothing. */
export function takeNotice(request: Request, response: Response): Notice | undefined {
  const cookies = cookiesOf(request);
  const kept = cookies[COOKIE];
  if (kept === undefined) return undefined;
  delete cookies[COOKIE];
  response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax' });
  try {
    return notice.parse(JSON.parse(kept));
  } catch {
    return undefined;
  }
}

interface NoticeWords {
  text: string;
  /** Bad news. */
  isWarning: boolean;
  link?: { href: string; text: string };
}

/** A notice in the visitor's language. */
export function noticeWords(told: Notice, { notices }: Messages): NoticeWords {
  switch (told.kind) {
    case 'added': {
      const link = { href: '/checkout', text: notices.seeCart };
      return { text: notices.added(told.quantity), isWarning: false, link };
    }
    case 'ordered':
      return { text: notices.ordered(told.order), isWarning: false };
    case 'gone':
    case 'emptyCart':
    case 'notSold':
    case 'expired':
    case 'sessionAway':
      return { text: notices[told.kind], isWarning: true };
    default:
      return { text: notices[told.kind], isWarning: false };
  }
}
