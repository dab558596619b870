import type { Language } from './language';

interface Formats {
  /** Whole dollars. */
  money: (dollars: number) => string;
  number: (value: number) => string;
  date: (date: Date) => string;
}

function formatsOf(locale: string): Formats {
  const money = once(
    () =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency: 'USD',
        currencyDisplay: 'narrowSymbol',
        maximumFractionDigits: 0,
      }),
  );
  const number = once(() => new Intl.NumberFormat(locale));
  const date = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }));
  return {
    money: (dollars) => money().format(dollars),
    number: (value) => number().format(value),
    date: (value) => date().format(value),
  };
}

/** Delays a slow constructor until its first use: formatters load 6 MB of locale data. */
function once<Formatter>(make: () => Formatter): () => Formatter {
  let made: Formatter | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const formats: Record<Language, Formats> = { fr: formatsOf('fr-FR'), en: formatsOf('en-US') };
