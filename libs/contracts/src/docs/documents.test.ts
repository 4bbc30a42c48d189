import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { topics } from '../topics.ts';
import { asyncApiDocument } from './asyncapi-document.ts';
import { topicsDocument } from './topics-document.ts';

const written = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

test('docs/topics.md is what the schemas say (npm run docs -w @margay/contracts writes it)', () => {
  expect(written('topics.md')).toBe(topicsDocument());
});

test('docs/asyncapi.json is what the schemas say', () => {
  expect(JSON.parse(written('asyncapi.json'))).toEqual(asyncApiDocument());
});

test('every reference within the AsyncAPI document leads somewhere', () => {
  const document = JSON.parse(written('asyncapi.json')) as unknown;
  const references = [...written('asyncapi.json').matchAll(/"\$ref": "#\/([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  expect(references.length).toBeGreaterThan(topics.length);
  for (const path of references) {
    const target = path
      .split('/')
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    expect({ path, target }).toMatchObject({ path, target: expect.anything() as unknown });
  }
});
