import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitionFiles } from './custom-resource-definitions.ts';
import { DEFAULT_GROUP } from './report-types.ts';

/**
 * Writes the custom resource definitions: `node write-definitions.ts [folder] [group]`. Without arguments, those of the
 * chart.
 */
const [
  ,
  ,
  folder = new URL('../../../../charts/margay/crds', import.meta.url).pathname,
  group = DEFAULT_GROUP,
] = process.argv;
mkdirSync(folder, { recursive: true });
for (const [name, yaml] of definitionFiles(group)) writeFileSync(join(folder, name), yaml);
