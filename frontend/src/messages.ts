import type { Language } from './language';
import { en } from './messages-en';
import { fr, type Messages } from './messages-fr';

export const messages: Record<Language, Messages> = { fr, en };
