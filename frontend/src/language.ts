import type { Request, Response } from 'express';
import { cookiesOf } from './cookies';

const LANGUAGES = ['fr', 'en'] as const;

export type Language = (typeof LANGUAGES)[number];

const COOKIE = 'lang';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

const asLanguage = (value: unknown) => LANGUAGES.find((language) => language === value);

/** The language of a page: that of `?lang=`, which a cookie stores; else the browser's; else French. */
export function languageOf(request: Request, response: Response): Language {
  const requested = asLanguage(request.query.lang);
  const stored = asLanguage(cookiesOf(request)[COOKIE]);
  if (requested && requested !== stored) {
    response.cookie(COOKIE, requested, {
      maxAge: YEAR_MS,
      httpOnly: true,
      sameSite: 'lax',
      secure: request.secure,
    });
  }
  return requested ?? stored ?? asLanguage(request.acceptsLanguages(...LANGUAGES)) ?? 'fr';
}
