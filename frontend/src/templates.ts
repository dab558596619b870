import { renderFile } from 'ejs';
import type { Express } from 'express';

/** Templates from a folder; each is compiled once. Includes begin with `/`: then their file is not looked for each time. */
export function useTemplates(app: Express, directory: string): void {
  app.engine('ejs', (path, page, done) => renderFile(path, page, { root: directory, cache: true }, done));
  app.set('view engine', 'ejs');
  app.set('views', directory);
  app.enable('view cache');
}
