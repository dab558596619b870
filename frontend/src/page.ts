import { sampledSpan } from '@vitrine/service-kit/telemetry/spans';
import type { Request, RequestHandler, Response } from 'express';
import { type BrowserScript, scriptFor } from './browser-script';
import type { Csrf } from './csrf';
import { formats } from './format';
import { languageOf } from './language';
import { messages } from './messages';
import { noticeWords, takeNotice } from './notice';
import { loginPath, pagePath, withParameter } from './paths';
import type { ImageUrl } from './product-image';
import { isSessionUnavailable, visitorOf } from './session';
import { logsLink, type TelemetryUrls, traceLink } from './trace-links';

/** Renders a template of `views/` with its content. */
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
  telemetryUrls: TelemetryUrls;
  /** The stylesheet's address, which changes with its content. */
  stylesheet: string;
  /** Undefined when nothing is measured in browsers. */
  browserScript: BrowserScript | undefined;
}

const startedAt = new WeakMap<Request, number>();

/** Records the start of a request, so that its page can show how long it took. */
export const recordStart: RequestHandler = (request, _response, next) => {
  startedAt.set(request, performance.now());
  next();
};

/** Renders templates with what they share: texts and formats in the visitor's language, notices, tokens and links. */
export function createPages(parts: PageParts): ShowPage {
  const { csrf, imageUrl, telemetryUrls, stylesheet, browserScript } = parts;
  return (request, response, view, content, status = 200) => {
    const language = languageOf(request, response);
    const t = messages[language];
    const visitor = visitorOf(request);
    const path = pagePath(request);
    // An error page says itself what is unavailable.
    const showsUnavailable = status < 500 && isSessionUnavailable(request);
    const notice =
      takeNotice(request, response) ??
      (showsUnavailable ? { kind: 'sessionUnavailable' as const } : undefined);
    // All forms of a page share one token: a second would invalidate the first.
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
      requestTrace: () => requestTrace(request),
      traceHref: (traceId: string) => traceLink(telemetryUrls, traceId),
      logsHref: (traceId: string) => logsLink(telemetryUrls, traceId),
      imageUrl,
      stylesheet,
      browserScript: browserScript && scriptFor(response, browserScript),
      ...content,
    });
  };
}

/** The page's trace id and the time it took so far; undefined when the request is not traced. */
function requestTrace(request: Request) {
  const traceId = sampledSpan()?.traceId;
  const started = startedAt.get(request);
  return traceId && { traceId, milliseconds: started && Math.ceil(performance.now() - started) };
}
