import { writeFileSync } from 'node:fs';
import { rulesFile } from './rules-file.ts';

/** Writes the rules that the chart grants: `node write-rules.ts`. */
writeFileSync(new URL('../../../../charts/margay/files/rules.json', import.meta.url), rulesFile());
