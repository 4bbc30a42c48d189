import { readFileSync, writeFileSync } from 'node:fs';
import { chartFiles } from './chart-files.ts';

/** Writes what of the chart is made of its description: `node write-chart.ts`. */
for (const [path, text] of chartFiles((file) => readFileSync(file, 'utf8'))) writeFileSync(path, text);
