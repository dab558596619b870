import { renderFile } from 'ejs';
import type { Express } from 'express';

/**
 * What templates call by name. EJS would take any name, but in a `with` block, inside which every name is looked up at
 * run time. One that may be missing, or that a template declares itself, is read as `locals.…`.
 */
const SHARED =
  't language path visitor notice loginHref languageHref csrfToken stylesheet imageUrl money number date';
const RADIOGRAPHY = 'radiography traceHref logsHref';
const CONTENT = 'name product products cart order orders users form errors next words status';
const DETAILS = 'quantity isRefused refused refusedWith username isFirst before nextOrders nextUsers';
const names = [SHARED, RADIOGRAPHY, CONTENT, DETAILS].flatMap((list) => list.split(' '));

/** Templates from a folder; each is compiled once. Includes begin with `/`: then their file is not looked for each time. */
export function useTemplates(app: Express, directory: string): void {
  const options = { root: directory, cache: true, _with: false, destructuredLocals: names };
  app.engine('ejs', (path, page, done) => renderFile(path, page, options, done));
  app.set('view engine', 'ejs');
  app.set('views', directory);
  app.enable('view cache');
}
