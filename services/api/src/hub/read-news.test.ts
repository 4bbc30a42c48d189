import type { HubNews } from '@margay/contracts';
import { readCheckpoint, signCheckpoint, signingKey } from '@margay/ledger';
import { changeLogKey, loggedHead, loggedNow, logReports, openEmbedded } from '@margay/storage';
import { expect, test } from 'vitest';
import type { WatchedCluster } from './cells.ts';
import { type Reading, readNews, RefusedNews } from './read-news.ts';

const key = signingKey('margay.example/c', new Uint8Array(32).fill(1));
const next = signingKey('margay.example/c', new Uint8Array(32).fill(2));
const stranger = signingKey('margay.example/c', new Uint8Array(32).fill(3));
const other = signingKey('margay.example/d', new Uint8Array(32).fill(1));

const cluster: WatchedCluster = { cluster: 'c', cell: 'cell', api: 'https://c.example', keys: [key] };

const NOW = 1_800_000_000_000_000;
const watched: Reading = { watched: cluster, kept: [], now: NOW };

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** What a cell tells of the last of its reports. */
async function newsBy(
  by = key,
  { cluster = 'c', isRotated = false, to = next, content = {} as object } = {},
): Promise<HubNews> {
  const stores = openEmbedded(':memory:');
  const report = (id: string) =>
    stores.archive.complete({
      id,
      cluster,
      reportName: 'daily',
      reportType: 'inventory',
      start: 0,
      end: 1_000_000,
      generatedAt: 2_000_000,
      digest: 'd'.repeat(64),
      parts: [],
      content,
    });
  await logReports(stores, [await report('first')], by);
  if (isRotated) await changeLogKey(stores.ledger, by, to);
  const header = await report('last');
  await logReports(stores, [header], isRotated ? to : by);
  const logged = (await loggedNow(stores.ledger, 'last'))!;
  return {
    cluster,
    checkpoint: logged.checkpoint,
    keyChanges: (await loggedHead(stores.ledger))!.keyChanges.map(({ entry, proof }) => ({
      entry: text(entry),
      proof,
    })),
    report: { entry: text(logged.entry), proof: logged.proof, header: JSON.stringify(header) },
  };
}

/** The same log, its head signed by another key. */
function signedBy(by: typeof key, { checkpoint, keyChanges, report, ...news }: HubNews): HubNews {
  const { size, root } = readCheckpoint(Buffer.from(checkpoint), []);
  const other = signCheckpoint({ size, root }, by);
  const inOther = <T extends { readonly proof: string }>(proven: T): T => ({
    ...proven,
    proof: proven.proof.replace(checkpoint, other),
  });
  return { ...news, checkpoint: other, keyChanges: keyChanges.map(inOther), report: inOther(report!) };
}

const refusal = (news: HubNews, of = watched): string => {
  try {
    readNews(news, of);
  } catch (error) {
    if (error instanceof RefusedNews) return error.code;
    throw error;
  }
  return 'taken';
};

const withHeader = (news: HubNews, change: object): HubNews => ({
  ...news,
  report: {
    ...news.report!,
    header: JSON.stringify({ ...(JSON.parse(news.report!.header) as object), ...change }),
  },
});

test('what a cell tells of its own cluster is taken, also after its key announced another one', async () => {
  expect(readNews(await newsBy(), watched)).toMatchObject({
    head: { size: 2 },
    entries: [{ number: 1, run: 'last' }],
    header: { id: 'last' },
  });
  expect(readNews(await newsBy(key, { isRotated: true }), watched)).toMatchObject({
    head: { size: 3 },
    entries: [{ number: 1 }, { number: 2, run: 'last' }],
  });
});

test.each<[what: string, refused: string, news: (honest: HubNews) => HubNews | Promise<HubNews>]>([
  ['another key signed', 'unknown-key', () => newsBy(stranger)],
  ['the key of another cluster signed', 'unknown-key', () => newsBy(other)],
  [
    'a key that nobody announced signed',
    'unknown-key',
    async () => ({ ...(await newsBy(key, { isRotated: true })), keyChanges: [] }),
  ],
  [
    'a stranger signed who announced in a log of his own that the key of the cluster follows his',
    'unknown-key',
    async () => signedBy(stranger, await newsBy(stranger, { isRotated: true, to: key })),
  ],
  [
    'a key signed that another one follows',
    'retired-key',
    async () => signedBy(key, await newsBy(key, { isRotated: true })),
  ],
  [
    'its report is of another cluster',
    'other-cluster',
    async () => ({ ...(await newsBy(key, { cluster: 'e' })), cluster: 'c' }),
  ],
  ['the header was changed', 'other-digest', (news) => withHeader(news, { reportName: 'weekly' })],
  [
    'the header is no JSON',
    'other-digest',
    (news) => ({ ...news, report: { ...news.report!, header: '{' } }),
  ],
  ['the header lacks its parts', 'other-digest', (news) => withHeader(news, { parts: null })],
  [
    'the header is another report’s',
    'other-digest',
    async (news) => ({
      ...news,
      report: { ...news.report!, header: (await newsBy(key, { content: { more: 1 } })).report!.header },
    }),
  ],
  [
    'the entry was changed',
    'no-proof',
    (news) => ({
      ...news,
      report: { ...news.report!, entry: news.report!.entry.replace('daily', 'hourly') },
    }),
  ],
  [
    'the checkpoint was changed',
    'no-proof',
    ({ checkpoint, ...news }) => ({ ...news, checkpoint: checkpoint.replace('\n2\n', '\n3\n') }),
  ],
  ['the checkpoint is none', 'no-proof', (news) => ({ ...news, checkpoint: 'none' })],
  ['the proof is none', 'no-proof', (news) => ({ ...news, report: { ...news.report!, proof: '' } })],
  [
    'the proof is of another head',
    'no-proof',
    (news) => ({ ...news, checkpoint: signCheckpoint({ size: 2, root: new Uint8Array(32) }, key) }),
  ],
  [
    'the statement is signed by nobody known',
    'no-proof',
    (news) => ({ ...news, report: { ...news.report!, statement: '{}' } }),
  ],
  [
    'the change of keys is none',
    'no-proof',
    (news) => ({ ...news, keyChanges: [{ entry: '{}', proof: news.report!.proof }] }),
  ],
])('where %s, it is refused: %s', async (_, reason, changed) => {
  expect(refusal(await changed(await newsBy()))).toBe(reason);
});

test('a head alone is taken where its key signed it', async () => {
  const { checkpoint } = await newsBy();
  const { size, root } = readCheckpoint(Buffer.from(checkpoint), [key]);
  expect(readNews({ cluster: 'c', checkpoint, keyChanges: [] }, watched)).toMatchObject({
    head: { size, root },
    entries: [],
  });
});
