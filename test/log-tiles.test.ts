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

test.each([
  ['a tile of entries', 0, 0, ['0/000', 'entries/000']],
  ['the last tile of entries', 0, 2, ['0/002.p/88', 'entries/002.p/88']],
  ['a tile above them', 1, 0, ['0/000', '1/000.p/2', '0/001', 'entries/001']],
] as const)(
  'where somebody changed %s in the store, what it is needed for is answered with 409',
  async (_, level, index, paths) => {
    const { app, stores } = await servedLog();
    const { ledger } = stores;
    const original = ledger.tiles.bind(ledger);
    ledger.tiles = async (places) => {
      const read = await original(places);
      return read.map((bytes, i) => {
        const place = places[i]!;
        return place.level === level && place.index === index
          ? Uint8Array.from(bytes, (byte) => byte ^ 1)
          : bytes;
      });
    };
    for (const path of paths) {
      const { statusCode, body } = await app.inject(`/api/v1/log/tile/${path}`);
      expect([path, statusCode, JSON.parse(body)]).toEqual([
        path,
        409,
        expect.objectContaining({ title: 'The log was changed' }),
      ]);
    }
  },
);
