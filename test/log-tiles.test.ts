import { expect, test } from 'vitest';
import { servedLog } from './testing/served-log.ts';

test('tiles are served as they were at any size, and none beyond the head', async () => {
  const { app } = await servedLog();
  const asked = async (path: string) => {
    const { statusCode, rawPayload, headers } = await app.inject(`/api/v1/log/tile/${path}`);
    return [statusCode, statusCode === 200 ? rawPayload.length : headers['content-type']];
  };
  const PROBLEM = 'application/problem+json; charset=utf-8';
  expect(await asked('0/000')).toEqual([200, 256 * 32]);
  expect(await asked('0/000.p/5')).toEqual([200, 5 * 32]);
  expect(await asked('0/002.p/88')).toEqual([200, 88 * 32]);
  expect(await asked('1/000.p/2')).toEqual([200, 2 * 32]);
  for (const none of [
    '0/002',
    '0/002.p/89',
    '1/000',
    '2/000.p/1',
    '0/x000/000',
    'entries/002',
    '0/..%2f',
    '0/',
  ])
    expect([none, ...(await asked(none))]).toEqual([none, 404, PROBLEM]);
});
