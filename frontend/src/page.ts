import type { Request, RequestHandler, Response } from 'express';
import type { Csrf } from './csrf';
import { formats } from './format';
import { languageOf } from './language';
import { messages } from './messages';
import { noticeWords, takeNotice } from './notice';
import { loginPath, pagePath, withParameter } from './paths';
import type { ImageUrl } from './product-image';
import { currentTraceId, logsLink, type Observatory, traceLink } from './radiography';
import { isSessionAway, visitorOf } from './session';

/** Answers with a page: a template of `views/` and what it is about. */
export type ShowPage = (
  request: Request,
  response: Response,
  view: string,
  content: object,
  status?: number,
) => void;

interface PageParts {
  csrf: Csrf;
  imageUrl: ImageUrl;
  observatory: Observatory;
  /** Address of the stylesheet, which changes with its content. */
  stylesheet: string;
}

const startedAt = new WeakMap<Request, number>();

/** Notes when work on a request began, for its page to say how long it took. */
export const startClock: RequestHandler = (request, _response, next) => {
  startedAt.set(request, performance.now());
  next();
};

/** Everything the templates share. They get words and formats in the visitor's language, and the page's content. */
export function createPages({ csrf, imageUrl, observatory, stylesheet }: PageParts): ShowPage {
  return (request, response, view, content, status = 200) => {
    const language = languageOf(request, response);
    const t = messages[language];
    const visitor = visitorOf(request);
    const path = pagePath(request);
    // A page of bad news says itself what is away.
    const isTakenForStranger = status < 500 && isSessionAway(request);
    const notice =
      takeNotice(request, response) ?? (isTakenForStranger ? { kind: 'sessionAway' as const } : undefined);
    // All forms of a page share one token: a second would void the first.
    let token: string | undefined;
    response.status(status).set({
      'Cache-Control': visitor ? 'no-store' : 'no-cache',
      Vary: 'Accept-Language, Cookie',
    });
    response.render(view, {
      language,
      t,
      ...formats[language],
      visitor,
      path,
      loginHref: loginPath(path),
      languageHref: (other: string) => withParameter(path, 'lang', other),
      notice: notice && noticeWords(notice, t),
      csrfToken: () => {
        token ??= csrf.token(request, response);
        return token;
      },
      radiography: () => radiograph(request),
      traceHref: (traceId: string) => traceLink(observatory, traceId),
      logsHref: (traceId: string) => logsLink(observatory, traceId),
      imageUrl,
      stylesheet,
      ...content,
    });
  };
}

/**
 * What a page says of itself: its trace, and the time it took so far (unknown for a request that was refused before
 * its clock was started). Nothing when it isn't traced.
 */
function radiograph(request: Request) {
  const traceId = currentTraceId();
  const started = startedAt.get(request);
  return traceId && { traceId, milliseconds: started && Math.ceil(performance.now() - started) };
}
