import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chartFiles } from './chart-files.ts';

const read = (path: string) => readFileSync(path, 'utf8');

test.each([...chartFiles(read)].map(([path, text]) => [path.split('/charts/')[1], path, text] as const))(
  'charts/%s is as its description says (node libs/kubernetes/src/chart/write-chart.ts)',
  (_, path, text) => expect(read(path)).toBe(text),
);
