import { signingKey } from '@margay/ledger';
import { expect, onTestFinished, test } from 'vitest';
import type { ArchivedHeader } from '../archive/archive.ts';
import { openEmbedded } from '../embedded.ts';
import { logReports } from './append.ts';
import type { Ledger } from './ledger.ts';
import { logReader } from './read-log.ts';

const KEY = signingKey('margay.example/c', new Uint8Array(32));

const header = (id: string): ArchivedHeader => ({
  id,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: 0,
  end: 1,
  generatedAt: 1,
  digest: `digest of ${id}`,
  parts: [],
  content: null,
  sequence: 1,
  headerDigest: `header of ${id}`,
});

/** A log of these reports. */
async function logOf(...ids: string[]) {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  const add = async (...more: string[]) => {
    for (const id of more) await logReports(stores, [header(id)], KEY);
  };
  await add(...ids);
  return { ledger: stores.ledger, add };
}

/** A reader of whichever log stands in the store. */
function readerOf(first: Ledger) {
  const store = { log: first };
  const through = new Proxy(first, { get: (_, name) => Reflect.get(store.log, name) as unknown });
  return { store, read: logReader(through) };
}

const CUT = 'The log of reports had 5 entries, and has 3.';
const ANOTHER = expect.stringContaining('does not go on from the 5 entries that it had') as string;

test('a log in whose place an older one was put is told, and goes on being told until it is the one that it was', async () => {
  const whole = await logOf('a', 'b', 'c', 'd', 'e');
  const older = await logOf('a', 'b', 'c');
  const { store, read } = readerOf(whole.ledger);
  const looked = async () => {
    const { entries, problems } = await read();
    return { runs: [...entries.keys()].sort(), problems };
  };
  expect(await looked()).toEqual({ runs: ['a', 'b', 'c', 'd', 'e'], problems: [] });
  store.log = older.ledger;
  expect((await looked()).problems).toEqual([CUT]);
  // It goes on in its own way, whoever looks, or nobody before it is as long as the other was.
  await older.add('x');
  expect(await looked()).toMatchObject({ problems: ['The log of reports had 5 entries, and has 4.'] });
  await older.add('y');
  const found = await looked();
  expect(found.problems).toEqual([ANOTHER]);
  expect(found.runs).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y']);
  await older.add('z');
  expect((await looked()).problems).toEqual([ANOTHER]);
  expect((await looked()).runs).toContain('z');
  store.log = whole.ledger;
  await whole.add('f');
  expect((await looked()).problems).toEqual([]);
});

test('one that has grown in its own way between two looks is told, though it is never shorter', async () => {
  const whole = await logOf('a', 'b', 'c', 'd', 'e');
  const older = await logOf('a', 'b', 'c', 'x', 'y', 'z');
  const { store, read } = readerOf(whole.ledger);
  await read();
  store.log = older.ledger;
  const { entries, problems } = await read();
  expect(problems).toEqual([ANOTHER]);
  expect([...entries.keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y', 'z']);
});

test('a log whose head says another length than was signed is told', async () => {
  const { ledger } = await logOf('a');
  const lying = new Proxy(ledger, {
    get: (target, name) =>
      name === 'head'
        ? async () => ({ ...(await target.head())!, size: 0 })
        : (Reflect.get(target, name) as unknown),
  });
  expect((await logReader(lying)()).problems).toEqual([
    'The head of the log of reports says that it has 0 entries, and its checkpoint is of 1.',
  ]);
});
