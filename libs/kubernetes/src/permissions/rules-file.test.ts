import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rulesFile } from './rules-file.ts';

test('the chart grants what the code needs (node libs/kubernetes/src/permissions/write-rules.ts)', () => {
  const chart = new URL('../../../../charts/margay/files/rules.json', import.meta.url);
  expect(readFileSync(chart, 'utf8')).toBe(rulesFile());
});
