import { readConfig } from '@margay/runtime';
import * as z from 'zod';
import { expect, test } from 'vitest';
import { elasticsearchOptionsOf, elasticsearchSettings } from './settings.ts';

const elasticsearch = (environment: Record<string, string>) =>
  elasticsearchOptionsOf(
    readConfig(z.object(elasticsearchSettings), { ELASTICSEARCH_URLS: 'http://e:9200', ...environment }),
    'a',
  );

test('nodes alone are enough, and an API key goes before a user', () => {
  expect(elasticsearch({})).toEqual({ nodes: ['http://e:9200'], cluster: 'a', prefix: 'margay' });
  const both = { ELASTICSEARCH_USERNAME: 'u', ELASTICSEARCH_PASSWORD: 'p' };
  expect(elasticsearch(both).signIn).toEqual({ username: 'u', password: 'p' });
  expect(elasticsearch({ ...both, ELASTICSEARCH_API_KEY: 'k' }).signIn).toEqual({ apiKey: 'k' });
});

test.each([
  [() => elasticsearch({ ELASTICSEARCH_PASSWORD: 'p' }), 'ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD'],
  [() => elasticsearch({ ELASTICSEARCH_CA_FILE: '/nowhere' }), 'ENOENT'],
  [() => elasticsearch({ ELASTICSEARCH_URLS: '' }), 'ELASTICSEARCH_URLS is missing'],
])('half of a pair, or a file that is not there, is refused: %#', (use, message) => {
  expect(use).toThrow(message);
});
