import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { telemetryPage } from './page.ts';

writeFileSync(join(import.meta.dirname, '../../../docs/telemetry.md'), telemetryPage());
