import { readConfig } from '@margay/runtime';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { sinkOf, sinkSettings } from './settings.ts';

const read = (environment: Record<string, string>) => sinkOf(readConfig(z.object(sinkSettings), environment));

test('copies are made where a bucket is named, and locked for a year and more unless it is said otherwise', () => {
  expect(read({})).toBeUndefined();
  expect(read({ S3_BUCKET: 'kept' })).toEqual({
    bucket: 'kept',
    prefix: '',
    region: 'us-east-1',
    mode: 'COMPLIANCE',
    days: 400,
    delayMilliseconds: 900_000,
  });
  expect(
    read({
      S3_BUCKET: 'kept',
      S3_PREFIX: 'margay/prod/',
      S3_ENDPOINT: 'https://s3.example',
      S3_ACCESS_KEY_ID: 'a',
      S3_SECRET_ACCESS_KEY: 'b',
      S3_RETENTION_MODE: 'GOVERNANCE',
      S3_RETENTION_DAYS: '30',
      S3_DELAY: '0s',
    }),
  ).toMatchObject({
    prefix: 'margay/prod/',
    endpoint: 'https://s3.example',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    mode: 'GOVERNANCE',
    days: 30,
    delayMilliseconds: 0,
  });
});

test.each<[Record<string, string>, RegExp]>([
  [{ S3_PREFIX: 'margay' }, /names with a slash behind each/],
  [{ S3_PREFIX: '/margay/' }, /names with a slash behind each/],
  [{ S3_ACCESS_KEY_ID: 'a' }, /belong together/],
  [{ S3_RETENTION_MODE: 'FOREVER' }, /S3_RETENTION_MODE/],
  [{ S3_RETENTION_DAYS: '0' }, /S3_RETENTION_DAYS/],
])('%j is refused', (environment, words) => {
  expect(() => read({ S3_BUCKET: 'kept', ...environment })).toThrow(words);
});
