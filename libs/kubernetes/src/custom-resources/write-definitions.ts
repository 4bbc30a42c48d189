import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitionFiles } from './custom-resource-definitions.ts';
import { DEFAULT_GROUP, GROUP_OF_THE_CHART } from './report-types.ts';

/**
 * Writes the custom resource definitions: `node write-definitions.ts [folder] [group]`. Without arguments, those of the
 * chart: in `crds` for kubectl, in `files/definitions` for its templates, which put the group in.
 */
const chart = (folder: string) => new URL(`../../../../charts/margay/${folder}`, import.meta.url).pathname;
const [, , folder, group = DEFAULT_GROUP] = process.argv;
const targets =
  folder === undefined
    ? [
        [chart('crds'), DEFAULT_GROUP],
        [chart('files/definitions'), GROUP_OF_THE_CHART],
      ]
    : [[folder, group]];
for (const [into, ofGroup] of targets as [string, string][]) {
  mkdirSync(into, { recursive: true });
  for (const [name, yaml] of definitionFiles(ofGroup)) writeFileSync(join(into, name), yaml);
}
