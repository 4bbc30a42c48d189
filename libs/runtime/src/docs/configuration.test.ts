import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configurationDocument } from './configuration.ts';
import { operatingDocument } from './operating.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

test('docs/configuration.md is what the services’ settings say (npm run docs -w @margay/runtime writes it)', async () => {
  expect(readFileSync(`${root}/docs/configuration.md`, 'utf8')).toBe(await configurationDocument(root));
});

test('docs/operating.md is what the metrics say', () => {
  expect(readFileSync(`${root}/docs/operating.md`, 'utf8')).toBe(operatingDocument());
});
