import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { dashboardFiles } from './boards.ts';

const folder = join(import.meta.dirname, '../../../grafana/dashboards');

const { language } = new Command('npm run dashboards --')
  .description('writes grafana/dashboards from lab/src/dashboards')
  .addOption(new Option('--language <language>', 'of the titles').choices(['en', 'fr']).default('en'))
  .parse()
  .opts<{ language: 'en' | 'fr' }>();

for (const [name, text] of Object.entries(dashboardFiles(language))) writeFileSync(join(folder, name), text);
