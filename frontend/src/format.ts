import type { Language } from './language';

interface Formats {
  /** Whole dollars. */
  money: (dollars: number) => string;
  number: (value: number) => string;
  date: (date: Date) => string;
}

function formatsOf(locale: string): Formats {
  const money = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: 0,
  });
  const number = new Intl.NumberFormat(locale);
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
  return {
    money: (dollars) => money.format(dollars),
    number: (value) => number.format(value),
    date: (value) => date.format(value),
  };
}

/** Formatters take long to make, so they are made once. */
export const formats: Record<Language, Formats> = { fr: formatsOf('fr-FR'), en: formatsOf('en-US') };
