import { openDatabase } from '@margay/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { everyRow } from './every-row.ts';
import { collect } from './testing/collect.ts';

test('every row of a table comes once, whatever its rowid, over several pages', async () => {
  const database = openDatabase(':memory:', { migrations: ['CREATE TABLE things (said TEXT) STRICT'] });
  onTestFinished(() => database.close());
  // The least and the greatest that there are, and neighbours that are one number in JavaScript.
  const wild = [
    '-9223372036854775808',
    '-9223372036854775807',
    '0',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775806',
    '9223372036854775807',
  ];
  const rowids = [...wild, ...Array.from({ length: 600 }, (_, i) => `${i + 1}`)];
  database.transaction(() => {
    for (const rowid of rowids)
      database
        .sql('INSERT INTO things (rowid, said) VALUES (CAST(? AS INTEGER), ?)')
        .run(rowid, `of ${rowid}`);
  });
  const found = (await collect(everyRow(database, 'things', 'said'))).map(({ said }) => String(said));
  expect(found.sort()).toEqual(rowids.map((rowid) => `of ${rowid}`).sort());
});
