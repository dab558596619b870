import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { databases } from './boards/databases.ts';
import { overview } from './boards/overview.ts';
import { pipeline } from './boards/pipeline.ts';
import { service } from './boards/service.ts';
import { serviceMap } from './boards/service-map.ts';
import { shop } from './boards/shop.ts';
import { inFrench } from './french.ts';

const boards: readonly Dashboard[] = [overview, service, shop, databases, pipeline, serviceMap];

/** The files of grafana/dashboards, by name, with the text that Grafana reads. */
export function dashboardFiles(language: 'en' | 'fr' = 'en'): Readonly<Record<string, string>> {
  const files = boards.map((board) => {
    const text = JSON.stringify(language === 'fr' ? inFrench(board) : board, null, 2);
    return [`${board.uid}.json`, `${text}\n`];
  });
  return Object.fromEntries(files);
}
