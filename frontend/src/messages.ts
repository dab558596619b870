import type { Language } from './language';
import { en } from './messages-en';
import { fr, type Messages } from './messages-fr';

/** The shop's words by language. */
export const messages: Record<Language, Messages> = { fr, en };
