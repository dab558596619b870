import { renderFile } from 'ejs';
import type { Express } from 'express';

/**
 * Names that templates use without `locals.`. EJS would allow any name through a `with` block, but that looks every
 * name up at run time. A name that may be missing, or that a template declares itself, is read as `locals.…`.
 */
const SHARED =
  't language path visitor notice loginHref languageHref csrfToken stylesheet browserScript imageUrl money number date';
const TRACE = 'requestTrace traceHref logsHref';
const CONTENT = 'name product products cart order orders users form errors next words status';
const DETAILS = 'lines quantity isRefused refused refusedWith username isFirst before links';
const LISTS = 'nextProducts nextOrders nextUsers listHref';
const names = [SHARED, TRACE, CONTENT, DETAILS, LISTS].flatMap((list) => list.split(' '));

/** Renders templates from a folder, compiling each once. Includes begin with `/`, which saves a file look-up. */
export function useTemplates(app: Express, directory: string): void {
  const options = { root: directory, cache: true, _with: false, destructuredLocals: names };
  app.engine('ejs', (path, page, done) => renderFile(path, page, options, done));
  app.set('view engine', 'ejs');
  app.set('views', directory);
  app.enable('view cache');
}
