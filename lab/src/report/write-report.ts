import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sanitizeForTerminal } from '../trace-view/label.ts';
import { reportContent } from './content.ts';
import type { Facts } from './facts.ts';
import { renderMarkdown } from './markdown.ts';
import { renderPage } from './page.ts';
import { drawPlots } from './plots.ts';

/** The three forms of a report. The plots of the Markdown are in `plots/` beside it; the page holds its own. */
export type ReportPaths = { json: string; markdown: string; html: string };

/**
 * Writes the post-mortem that `facts` tell into `folder`, which is missing or empty before, and holds all or nothing after.
 * Throws the error of the file system.
 */
export async function writeReport(folder: string, facts: Facts): Promise<ReportPaths> {
  const shown = onOneLine(facts);
  const content = reportContent(shown);
  const plots = await drawPlots(shown);
  const texts = {
    ...Object.fromEntries(plots.map(({ file, svg }) => [file, svg])),
    'report.json': `${JSON.stringify(facts, null, 2)}\n`,
    'report.md': renderMarkdown(content, plots),
    'report.html': await renderPage(content, plots),
  };
  const draft = `${folder}.${process.pid}`;
  try {
    for (const [name, text] of Object.entries(texts)) {
      const path = join(draft, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return {
    json: join(folder, 'report.json'),
    markdown: join(folder, 'report.md'),
    html: join(folder, 'report.html'),
  };
}

/** Puts each text on one line, without control sequences. NaN becomes null, as in report.json. */
function onOneLine(facts: Facts): Facts {
  return JSON.parse(JSON.stringify(facts), (_key, value) => {
    return typeof value === 'string' ? sanitizeForTerminal(value).trim() : value;
  });
}
