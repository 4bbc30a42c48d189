import type { HubNews, ProvenEntry } from '@margay/contracts';
import {
  digestOfJson,
  envelopeText,
  readCheckpoint,
  readEnvelope,
  signCheckpoint,
  signedAtLine,
  signingKey,
  type SigningKey,
} from '@margay/ledger';
import { changeLogKey, loggedHead, loggedNow, logReports, openEmbedded } from '@margay/storage';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WatchedCluster } from './cells.ts';
import { RefusedNews } from './read-news.ts';
import { takeNews } from './take-news.ts';

/** What somebody can do who publishes on the topic, and has an old key of the log at most. */
const keyOf = (seed: number, name = 'margay.example/c') => signingKey(name, new Uint8Array(32).fill(seed));
const [first, second, stranger] = [keyOf(1), keyOf(2), keyOf(3)];
const watched: WatchedCluster = { cluster: 'c', cell: 'cell', api: 'https://c.example', keys: [first] };

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** When the cell told of its head last. */
const TOLD = 1_800_000_000 * SECOND;
const NOW = TOLD + MINUTE;

const EVIDENCE = {
  sources: null,
  flows: { sources: null },
  doubts: { listed: [], total: 0 },
  unreadPolicies: { listed: [], total: 0 },
  neverSeen: { listed: [], total: 0 },
  enforcement: { enforcing: null },
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const proven = ({ entry, proof }: { readonly entry: Uint8Array; readonly proof: string }): ProvenEntry => ({
  entry: text(entry),
  proof,
});

/** A cell, and whoever wants to look like one. */
function cellOf(cluster = 'c', key: SigningKey = first, generatedAt = 20) {
  const stores = openEmbedded(':memory:');
  let by = key;
  return {
    async report(id: string): Promise<HubNews> {
      const header = await stores.archive.complete({
        id,
        cluster,
        reportName: 'daily',
        reportType: 'inventory',
        start: 0,
        end: 10,
        generatedAt,
        digest: id.repeat(8),
        parts: [],
        content: { evidence: EVIDENCE },
      });
      await logReports(stores, [header], by);
      const { checkpoint, keyChanges, statement, ...logged } = (await loggedNow(stores.ledger, id))!;
      const report = { ...proven(logged), header: JSON.stringify(header), statement: statement! };
      return { cluster, checkpoint, keyChanges: keyChanges.map(proven), report };
    },
    async rotate(to: SigningKey): Promise<void> {
      await changeLogKey(stores.ledger, by, to);
      by = to;
    },
    async head(at: number): Promise<HubNews> {
      const { checkpoint, keyChanges } = (await loggedHead(stores.ledger))!;
      const signedAt = signedAtLine(checkpoint, by, at / SECOND);
      return { cluster, checkpoint, keyChanges: keyChanges.map(proven), signedAt };
    },
  };
}

/** What a cell tells whose key is changed once. */
async function told() {
  const cell = cellOf();
  const [a, b] = [await cell.report('a'), await cell.report('b')];
  const early = await cell.head(TOLD - HOUR);
  await cell.rotate(second);
  const [c, d] = [await cell.report('c'), await cell.report('d')];
  const head = await cell.head(TOLD);
  return { cell, a, b, early, c, d, head };
}

type Story = Awaited<ReturnType<typeof told>>;
let story: Story;
beforeAll(async () => {
  story = await told();
});

const honest = ({ a, b, early, c, d, head }: Story): HubNews[] => [a, b, early, c, d, head];

function hub(now = NOW) {
  const stores = openEmbedded(':memory:', { isOfHub: true });
  return {
    stores,
    /** Why it was refused; undefined where it was taken. */
    async take(news: HubNews): Promise<string | undefined> {
      try {
        await takeNews(stores.mirror!, news, { watched, now });
        return undefined;
      } catch (error) {
        if (error instanceof RefusedNews) return error.code;
        throw error;
      }
    },
    /** All that it has of the cluster. */
    async state() {
      const { mirror, ledger, archive } = stores;
      const head = await ledger.head();
      const entries = await ledger.entries(0, head?.size ?? 0);
      return {
        standing: await mirror!.standing(),
        head,
        entries: entries.map(text),
        statements: await Promise.all(entries.map((_, i) => ledger.statement(i))),
        headers: (await archive.headers()).headers,
        keyChanges: (await mirror!.keyChanges()).map(({ number, change }) => [number, change.key.id]),
      };
    },
  };
}

async function hubAfter(messages: readonly HubNews[]) {
  const here = hub();
  for (const news of messages) await here.take(news);
  return here;
}

const withReport = (news: HubNews, change: Partial<NonNullable<HubNews['report']>>): HubNews => ({
  ...news,
  report: { ...news.report!, ...change },
});
const without = ({ report, signedAt, ...news }: HubNews, name: 'report' | 'signedAt'): HubNews => ({
  ...news,
  ...(name !== 'report' && report !== undefined && { report }),
  ...(name !== 'signedAt' && signedAt !== undefined && { signedAt }),
});
const withoutStatement = (news: HubNews): HubNews => {
  const { statement: _, ...report } = news.report!;
  return { ...news, report };
};

/** The same log, its head signed by somebody else. */
function resigned(news: HubNews, by: SigningKey): HubNews {
  const checkpoint = signCheckpoint(readCheckpoint(Buffer.from(news.checkpoint), []), by);
  const inIt = <T extends ProvenEntry>(each: T): T => ({
    ...each,
    proof: each.proof.replace(news.checkpoint, checkpoint),
  });
  return {
    ...news,
    checkpoint,
    keyChanges: news.keyChanges.map(inIt),
    ...(news.report && { report: inIt(news.report) }),
  };
}

/** The statement about a report, said otherwise. */
function stating({ report }: HubNews, by: SigningKey): string {
  const { statement } = readEnvelope(report!.statement!, []);
  return envelopeText({ ...statement, predicate: { everything: 'proven' } }, by);
}

/** The news of a log of so many reports, each of which is another one than the cell's. */
async function forged(by: SigningKey, size: number, cluster = 'c'): Promise<HubNews> {
  const cell = cellOf(cluster, by, 30);
  let last: HubNews | undefined;
  for (let i = 0; i < size; i++) last = await cell.report(`forged-${i}`);
  return last!;
}

/** A log of a thief's, in which the key that he has announces his own after so many reports. */
async function usurped(by: SigningKey, size: number): Promise<HubNews> {
  const cell = cellOf('c', by, 30);
  for (let i = 0; i < size; i++) await cell.report(`forged-${i}`);
  await cell.rotate(stranger);
  return cell.report('forged-last');
}

const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const padded = (checkpoint: string): string =>
  `${checkpoint}${Array.from({ length: 90 }, (_, i) => `— stranger.example/${i} ${Buffer.alloc(72, i + 1).toString('base64')}\n`).join('')}`;

interface Attack {
  readonly kind: string;
  readonly what: string;
  readonly news: (story: Story) => HubNews | readonly HubNews[] | Promise<HubNews | readonly HubNews[]>;
  /** Why it is refused; it is taken, and changes nothing, unless given. */
  readonly refused?: string;
  /** By a key that was retired: it is another thing while nobody told the hub of that. */
  readonly isByRetired?: true;
}

const ATTACKS: readonly Attack[] = [
  { kind: 'forged', what: 'a log of a stranger', news: () => forged(stranger, 6), refused: 'unknown-key' },
  {
    kind: 'forged',
    what: 'the log, its head signed by a stranger',
    news: ({ d }) => resigned(d, stranger),
    refused: 'unknown-key',
  },
  {
    kind: 'forged',
    what: 'a log of a stranger who announces that the key of the cluster follows his',
    news: async () => {
      const cell = cellOf('c', stranger);
      await cell.report('x');
      await cell.rotate(first);
      return resigned(await cell.report('y'), stranger);
    },
    refused: 'unknown-key',
  },
  {
    kind: 'forged',
    what: 'a report of another log below the head',
    news: async ({ d }) => {
      const { report } = await forged(stranger, 5);
      const own = (await forged(stranger, 5)).checkpoint;
      return { ...d, report: { ...report!, proof: report!.proof.replace(own, d.checkpoint) } };
    },
    refused: 'no-proof',
  },
  {
    kind: 'forged',
    what: 'another header',
    news: ({ d }) =>
      withReport(d, { header: d.report!.header.replace('"generatedAt":20', '"generatedAt":21') }),
    refused: 'other-digest',
  },
  {
    kind: 'forged',
    what: 'another statement, of a stranger',
    news: ({ d }) => withReport(d, { statement: stating(d, stranger) }),
    refused: 'no-proof',
  },
  {
    kind: 'forged',
    what: 'a time, signed by a stranger',
    news: ({ head }) => ({ ...head, signedAt: signedAtLine(head.checkpoint, stranger, NOW / SECOND) }),
    refused: 'no-proof',
  },
  {
    kind: 'forged',
    what: 'the time of an older head',
    news: ({ head, early }) => ({ ...early, signedAt: head.signedAt! }),
    refused: 'no-proof',
  },
  { kind: 'stripped', what: 'the changes of keys', news: ({ d }) => ({ ...d, keyChanges: [] }) },
  { kind: 'stripped', what: 'the report', news: ({ d }) => without(d, 'report') },
  { kind: 'stripped', what: 'the statement', news: ({ d }) => withoutStatement(d) },
  { kind: 'stripped', what: 'the statement of an early report', news: ({ a }) => withoutStatement(a) },
  { kind: 'stripped', what: 'the report of an early head', news: ({ b }) => without(b, 'report') },
  { kind: 'stripped', what: 'the time', news: ({ head }) => without(head, 'signedAt') },
  {
    kind: 'stripped',
    what: 'the signatures of the statement',
    news: ({ d }) =>
      withReport(d, {
        statement: JSON.stringify({ ...(JSON.parse(d.report!.statement!) as object), signatures: [] }),
      }),
    refused: 'no-proof',
  },
  { kind: 'replayed', what: 'all of it', news: honest, isByRetired: true },
  { kind: 'replayed', what: 'the last head', news: ({ head }) => head },
  {
    kind: 'another cell’s',
    what: 'its news under the name of this one',
    news: async () => ({ ...(await forged(keyOf(1, 'margay.example/e'), 3, 'e')), cluster: 'c' }),
    refused: 'unknown-key',
  },
  {
    kind: 'a retired key’s',
    what: 'a log that goes on',
    news: () => forged(first, 9),
    refused: 'retired-key',
    isByRetired: true,
  },
  {
    kind: 'a retired key’s',
    what: 'a log of before that is another one',
    news: () => forged(first, 2),
    refused: 'retired-key',
    isByRetired: true,
  },
  {
    kind: 'a retired key’s',
    what: 'the log of now, with what announced the other key left out',
    news: ({ d }) => ({ ...resigned(d, first), keyChanges: [] }),
    refused: 'retired-key',
    isByRetired: true,
  },
  ...[1, 2, 7].map((size): Attack => ({
    kind: 'a retired key’s',
    what: `a key of the thief's own that follows after ${size} reports`,
    news: () => usurped(first, size),
    refused: 'unknown-key',
    isByRetired: true,
  })),
  {
    kind: 'a retired key’s',
    what: 'a time for the head of before',
    news: ({ early }) => ({ ...early, signedAt: signedAtLine(early.checkpoint, first, NOW / SECOND) }),
    isByRetired: true,
  },
  {
    kind: 'a retired key’s',
    what: 'a time for the head of now',
    news: ({ head }) => ({ ...head, signedAt: signedAtLine(head.checkpoint, first, NOW / SECOND) }),
    refused: 'no-proof',
  },
  {
    kind: 'a retired key’s',
    what: 'another statement about a report of its time',
    news: ({ a }) => withReport(a, { statement: stating(a, first) }),
    refused: 'other-statement',
    isByRetired: true,
  },
  {
    kind: 'a retired key’s',
    what: 'another statement about a report of later',
    news: ({ d }) => withReport(d, { statement: stating(d, first) }),
    refused: 'no-proof',
  },
  {
    kind: 'huge',
    what: 'changes of keys',
    news: ({ d }) => ({ ...d, keyChanges: Array.from({ length: 65 }, () => d.keyChanges[0]!) }),
    refused: 'no-proof',
  },
  {
    kind: 'huge',
    what: 'signatures of strangers below the head',
    news: ({ c }) => {
      const checkpoint = padded(c.checkpoint);
      return { ...without(c, 'report'), checkpoint, keyChanges: [] };
    },
  },
  {
    kind: 'huge',
    what: 'signatures of strangers below an early head',
    news: ({ b }) => ({ ...without(b, 'report'), checkpoint: padded(b.checkpoint) }),
  },
  {
    kind: 'huge',
    what: 'a proof',
    news: ({ d }) => withReport(d, { proof: 'x'.repeat(2_000_000) }),
    refused: 'no-proof',
  },
  {
    kind: 'huge',
    what: 'blanks around the header',
    news: ({ d }) => withReport(d, { header: `${' '.repeat(2_000_000)}${d.report!.header}` }),
  },
  {
    kind: 'huge',
    what: 'signatures in the envelope of the statement',
    news: ({ d }) => {
      const { signatures, ...envelope } = JSON.parse(d.report!.statement!) as { signatures: object[] };
      const many = Array.from({ length: 1_000 }, () => [...signatures, { keyid: 'x', sig: 'AA==' }]).flat();
      return withReport(d, { statement: JSON.stringify({ ...envelope, signatures: many }) });
    },
  },
  {
    kind: 'unparsable',
    what: 'a header of lists in lists',
    news: ({ d }) =>
      withReport(d, { header: d.report!.header.replace('"evidence":', `"x":${deep},"evidence":`) }),
    refused: 'other-digest',
  },
  {
    kind: 'unparsable',
    what: 'a header with a number that is none',
    news: ({ d }) =>
      withReport(d, { header: d.report!.header.replace('"evidence":', '"x":1e999,"evidence":') }),
    refused: 'other-digest',
  },
  {
    kind: 'unparsable',
    what: 'an entry of lists in lists',
    news: ({ d }) => withReport(d, { entry: d.report!.entry.replace('{', `{"x":${deep},`) }),
    refused: 'no-proof',
  },
  {
    kind: 'unparsable',
    what: 'a statement of lists in lists',
    news: ({ d }) => withReport(d, { statement: deep }),
    refused: 'no-proof',
  },
  ...(['entry', 'proof', 'statement'] as const).map((field): Attack => ({
    kind: 'unparsable',
    what: `no ${field}`,
    news: ({ d }) => withReport(d, { [field]: '' }),
    refused: 'no-proof',
  })),
  ...(['checkpoint', 'signedAt'] as const).map((field): Attack => ({
    kind: 'unparsable',
    what: `no ${field}`,
    news: ({ head }) => ({ ...head, [field]: '' }),
    refused: 'no-proof',
  })),
  {
    kind: 'unparsable',
    what: 'a change of keys that is none',
    news: ({ d }) => ({ ...d, keyChanges: [{ entry: d.report!.entry, proof: d.report!.proof }] }),
    refused: 'no-proof',
  },
  {
    kind: 'of an older release',
    what: 'a head without a time',
    news: ({ d }) => without(d, 'signedAt'),
  },
];

async function filtered<T>(each: readonly T[], isSo: (one: T) => Promise<boolean>): Promise<T[]> {
  const so = await Promise.all(each.map(isSo));
  return each.filter((_, i) => so[i]);
}

const newsOf = async ({ news }: Attack): Promise<readonly HubNews[]> => [await news(story)].flat();

describe('what anybody publishes changes nothing of what the key of the log signed', () => {
  test.each(ATTACKS)('$kind: $what', async ({ refused, ...attack }) => {
    const here = await hubAfter(honest(story));
    const before = await here.state();
    expect(before.standing).toEqual({ heard: TOLD, told: 5, shown: 5, missing: [], missingEntries: 0 });
    for (const news of await newsOf(attack)) expect(await here.take(news)).toBe(refused);
    expect(await here.state()).toEqual(before);
  });
});

test('nor does it where it comes first, in between, or again and again', { timeout: 180_000 }, async () => {
  const { a, b, early, c, d, head } = story;
  const before = await (await hubAfter(honest(story))).state();
  const later = await Promise.all(ATTACKS.map(newsOf));
  const anytime = later.filter((_, i) => ATTACKS[i]!.isByRetired !== true);
  // Once it is told that the first key is retired, nothing new is taken of it.
  const atFirst = await filtered(anytime, async (news) => {
    const { keyChanges } = await (await hubAfter(news)).state();
    return keyChanges.length === 0;
  });
  const some = (each: readonly (readonly HubNews[])[]) =>
    fc.array(fc.constantFrom(...each), { maxLength: 2 }).map((chosen) => chosen.flat());
  const all = <T>(each: readonly T[]) => fc.shuffledSubarray([...each], { minLength: each.length });
  const order = fc
    .tuple(
      some(atFirst),
      all([a, b, early]),
      some(anytime),
      all([c, d, head]),
      some(later),
      all([a, c, head]),
    )
    .chain(([x, one, y, two, z, again]) =>
      fc.tuple(all([...x, ...one]), all([...y, ...two]), all([...z, ...again])),
    );
  await fc.assert(
    fc.asyncProperty(order, async (came) => {
      const here = await hubAfter(came.flat());
      // Not what differs, of which there would be pages.
      expect(digestOfJson(await here.state())).toBe(digestOfJson(before));
      await here.stores.close();
    }),
    { numRuns: 20 },
  );
});

test('a report whose statement was left out gets it when it comes, whether the log shows the report or not', async () => {
  const { a, b, c } = story;
  for (const waits of [false, true]) {
    const here = hub();
    if (!waits) await here.take(withoutStatement(a));
    await here.take(withoutStatement(b));
    await here.take(b);
    if (waits) await here.take(withoutStatement(a));
    await here.take(a);
    await here.take(c);
    const { statements } = await here.state();
    expect(statements).toEqual([a.report!.statement, b.report!.statement, undefined, c.report!.statement]);
  }
});

test('a cell is heard when its key signs that it is there, and an old head changes nothing of that', async () => {
  const { a, b, early, c, d, head } = story;
  const here = await hubAfter([a, b]);
  expect((await here.state()).standing).not.toHaveProperty('heard');
  await here.take(early);
  expect((await here.state()).standing).toMatchObject({ heard: TOLD - HOUR });
  for (const news of [c, d, head, early, a, b]) await here.take(news);
  expect((await here.state()).standing).toMatchObject({ heard: TOLD, told: 5 });
  expect((await here.state()).standing).not.toHaveProperty('wentBackTo');
});

test('a time that is ahead of the clock of the hub is no time at which a cell was heard', async () => {
  const here = await hubAfter(honest(story));
  const soon = await story.cell.head(NOW + 4 * MINUTE);
  const ahead = await story.cell.head(NOW + HOUR);
  await here.take(ahead);
  expect((await here.state()).standing).toMatchObject({ heard: TOLD, ahead: NOW + HOUR });
  await here.take(soon);
  expect((await here.state()).standing).toMatchObject({ heard: NOW + 4 * MINUTE, ahead: NOW + HOUR });
});

test('a key that writes on behind its end is believed while nobody told of that, and no longer', async () => {
  // It waits: what stands in front of it did not come.
  const here = hub();
  expect(await here.take(await forged(first, 9))).toBeUndefined();
  expect((await here.state()).standing).toMatchObject({ told: 9 });
  for (const news of honest(story)) expect(await here.take(news)).toBeUndefined();
  expect(await here.state()).toEqual(await (await hubAfter(honest(story))).state());
});

test('where it was shown to go on, two logs were signed, and that is told', async () => {
  const cell = cellOf('c', first, 30);
  const here = hub();
  for (let i = 0; i < 3; i++) await here.take(await cell.report(`forged-${i}`));
  expect((await here.state()).standing).toMatchObject({ shown: 3 });
  expect(await here.take(story.d)).toBe('other-log');
  expect((await here.state()).standing.forked).toContain('is another one');
});

test('what an old key signed that nobody told of is set aside, and told again with the key of now', async () => {
  const { a, b, c, d, head } = story;
  const here = await hubAfter([c, d, head]);
  expect(await here.take(a)).toBe('retired-key');
  expect((await here.state()).standing).toMatchObject({ missing: [{ from: 0, to: 1 }], missingEntries: 2 });
  const again = await Promise.all(['a', 'b'].map((id) => story.cell.report(id)));
  for (const news of again) expect(await here.take(news)).toBeUndefined();
  expect((await here.state()).standing).toMatchObject({ shown: 5, missing: [] });
  expect((await here.state()).statements.slice(0, 2)).toEqual([a.report!.statement, b.report!.statement]);
});
