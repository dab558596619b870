import type { Request, Response } from 'express';
import { cookiesOf } from './cookies';

const LANGUAGES = ['fr', 'en'] as const;

export type Language = (typeof LANGUAGES)[number];

const COOKIE = 'lang';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

const asLanguage = (value: unknown) => LANGUAGES.find((language) => language === value);

/** The language of a page: asked for by `?lang=`, which a cookie keeps; else the browser's; else French. */
export function languageOf(request: Request, response: Response): Language {
  const asked = asLanguage(request.query.lang);
  const kept = asLanguage(cookiesOf(request)[COOKIE]);
  if (asked && asked !== kept) {
    response.cookie(COOKIE, asked, {
      maxAge: YEAR_MS,
      httpOnly: true,
      sameSite: 'lax',
      secure: request.secure,
    });
  }
  return asked ?? kept ?? asLanguage(request.acceptsLanguages(...LANGUAGES)) ?? 'fr';
}
