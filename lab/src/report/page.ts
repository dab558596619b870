import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import type { ReportContent } from './content.ts';
import { phaseShades, tones } from './palette.ts';
import type { Plot } from './plots.ts';

/** The report looks like the shop. */
const shopFiles = join(import.meta.dirname, '../../../frontend/public');

const prefixed = Object.fromEntries(tones.map((tone, index) => [`tone-${index}`, tone] as const));

/** The report as one HTML document, which refers to no other file and has no script. */
export function renderPage(content: ReportContent, plots: readonly Plot[]): Promise<string> {
  const colours = Object.entries({ ...phaseShades, ...prefixed }).map(([name, [light, dark]]) => {
    return `--${name}: light-dark(${light}, ${dark});`;
  });
  const styles = [
    readFileSync(join(shopFiles, 'shop.css'), 'utf8'),
    `:root { ${colours.join(' ')} }\n`,
    readFileSync(join(import.meta.dirname, 'report.css'), 'utf8'),
  ];
  const icon = readFileSync(join(shopFiles, 'favicon.svg'), 'utf8');
  return ejs.renderFile(join(import.meta.dirname, 'report.ejs'), {
    ...{ content, plots, icon, css: styles.join('') },
  });
}
