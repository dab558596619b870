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
 * Writes the post-mortem that `facts` tell into `folder`, which is made if missing. Each file is there whole or not at
 * all, and the page comes last. Throws the error of the file system.
 */
export async function writeReport(folder: string, facts: Facts): Promise<ReportPaths> {
  const shown = onOneLine(facts);
  const content = reportContent(shown);
  const plots = await drawPlots(shown);
  const paths = {
    json: join(folder, 'report.json'),
    markdown: join(folder, 'report.md'),
    html: join(folder, 'report.html'),
  };
  for (const { file, svg } of plots) await writeWhole(join(folder, file), svg);
  await writeWhole(paths.json, `${JSON.stringify(facts, null, 2)}\n`);
  await writeWhole(paths.markdown, renderMarkdown(content, plots));
  await writeWhole(paths.html, await renderPage(content, plots));
  return paths;
}

/** Puts each text on one line, without control sequences. NaN becomes null, as in report.json. */
function onOneLine(facts: Facts): Facts {
  return JSON.parse(JSON.stringify(facts), (_key, value) => {
    return typeof value === 'string' ? sanitizeForTerminal(value).trim() : value;
  });
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
