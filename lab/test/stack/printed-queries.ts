import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './start-stack.ts';

/** The queries that a page prints: its blocks of PromQL and LogQL. */
export function printedQueries(page: string): { type: 'prometheus' | 'loki'; text: string }[] {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = text.matchAll(/^```(promql|logql)\n(.*?)\n```$/gms);
  return [...blocks].map(([, language, query = '']) => ({
    type: language === 'logql' ? 'loki' : 'prometheus',
    text: query,
  }));
}
