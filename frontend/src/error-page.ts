import type { HttpError } from '@vitrine/service-kit/http-error';
import type { ErrorResponder } from '@vitrine/service-kit/http-shell';
import { type Logger, logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import { ExpiredForm } from './csrf';
import type { KeptForms } from './kept-form';
import type { Messages } from './messages-fr';
import { redirectWith } from './notice';
import type { ShowPage } from './page';
import { loginPath, pagePath } from './paths';
import { endSession, visitorOf } from './session';

const MESSAGES: Record<number, Exclude<keyof Messages['errors'], 'home' | 'retry' | 'unavailable'>> = {
  403: 'forbidden',
  404: 'notFound',
  405: 'wrongMethod',
  413: 'tooLarge',
  415: 'wrongType',
  429: 'tooMany',
};

/** The message for each part that may be unavailable. */
const UNAVAILABLE: Record<string, keyof Messages['errors']['unavailable']> = {
  'product-service': 'products',
  product_dbase: 'products',
  'order-service': 'orders',
  order_dbase: 'orders',
  'user-service': 'users',
  user_dbase: 'users',
};

/**
 * Shows errors on a page of the shop. A visitor whose api key is no longer valid is redirected to the login page, and
 * back afterwards. A form that they sent is done then.
 */
export function createErrorPages(show: ShowPage, keptForms: KeptForms, logger: Logger): ErrorResponder {
  return (error, request, response, next) => {
    if (error.status === 401 && visitorOf(request)) {
      const isLost = request.method === 'POST' && !keptForms.keep(request, response);
      endSession(request, response)
        .catch((err) => logEvent(logger, logs.sessionNotEnded, { err }))
        .then(() =>
          redirectWith(response, loginPath(pagePath(request)), { kind: isLost ? 'formLost' : 'expired' }),
        )
        .catch(next);
      return;
    }
    show(request, response, 'error', { words: wordsOf(error), status: error.status }, error.status);
  };
}

/** Chooses the words in the dictionary of the visitor's language. */
function wordsOf(error: HttpError) {
  return ({ errors }: Messages): { title: string; text: string; works?: string } => {
    if (error.status === 503) {
      const [part = ''] = error.message.split(' ', 1);
      return errors.unavailable[UNAVAILABLE[part] ?? 'sessions'];
    }
    if (error.status >= 500) return errors.broken;
    if (error instanceof ExpiredForm) return errors.expiredForm;
    return errors[MESSAGES[error.status] ?? 'badRequest'];
  };
}
