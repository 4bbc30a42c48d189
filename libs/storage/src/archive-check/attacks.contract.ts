import {
  append,
  cosignNote,
  digestOfJson,
  edgeOf,
  type Entry,
  entryBytes,
  envelopeText,
  keyChangeBytes,
  leafHash,
  readCheckpoint,
  readEnvelope,
  signCheckpoint,
  signingKey,
  type SigningKey,
  TILE_WIDTH,
  tilePath,
  verifierKeyText,
} from '@margay/ledger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArchivedHeader } from '../archive/archive.ts';
import { changeLogKey, logReports, logUnlogged } from '../ledger/append.ts';
import { runOfKey } from '../ledger/key-changes.ts';
import type { Confirmation } from '../ledger/ledger.ts';
import type { Stores } from '../stores.ts';
import { sha256 } from '../archive/digests.ts';
import { appendBlindly, changeBytesAsBefore, changeKeyAsBefore } from '../testing/append-blindly.ts';
import type { Insider, Kept, Kind, Target, Values } from '../testing/insider.ts';
import { checkArchive } from './check.ts';
import type { Trusted } from './findings.ts';

const NAME = 'margay.example/c';
const keyOf = (seed: number, name = NAME) => signingKey(name, new Uint8Array(32).fill(seed));
/** The first witness under another name: what it signs does not say which. */
const RENAMED = signingKey('witness.example/renamed', new Uint8Array(32).fill(21), 'witness');
/** The log's key, the one that it announced, and what others have. */
const [WITNESS, SECOND_WITNESS] = [21, 22].map((seed) =>
  signingKey(`witness.example/${seed}`, new Uint8Array(32).fill(seed), 'witness'),
) as [SigningKey, SigningKey];
const [FIRST, SECOND, STRANGER, OTHER] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4, 'margay.example/other')];

const END = 1_764_086_400_000_000;
const EVIDENCE = {
  sources: null,
  doubts: { total: 1, listed: [{ id: 'x', about: 'everything', reason: 'beginning' }] },
  unreadPolicies: { total: 0 },
  neverSeen: { total: 0 },
  enforcement: { enforcing: [], other: [], statement: 'Enforcement is not known.' },
};

async function archive(stores: Stores, id: string, end: number): Promise<ArchivedHeader> {
  const reportName = id.split('-')[0]!;
  const rows = [{ name: id, is: false }];
  const part = await stores.archive.appendPart({ reportId: id, end, part: 0, kind: 'endpoints', rows });
  return stores.archive.complete({
    id,
    cluster: 'c',
    reportName,
    reportType: 'inventory',
    start: end - 1,
    end,
    generatedAt: END,
    digest: sha256(id),
    parts: [part],
    content: { says: 'false', evidence: EVIDENCE },
  });
}

/** The heads that somebody kept: before the key was changed, and of the whole. */
interface Heads {
  readonly earlier: string;
  readonly whole: string;
  /** As the whole, with what witnesses signed of both. */
  readonly confirmed: string;
  /** As the whole, with so many changes of its key behind it that it has tiles above the first level. */
  readonly long: string;
}

/**
 * An archive that is older than its log, whose log goes on with another key, and one of whose clocks went back: entries 0 to 2 are of
 * weekly-1, daily-1 and daily-2, entry 3 announces the second key, entry 4 is of daily-3.
 */
async function build(target: Target): Promise<Heads> {
  const { stores } = target;
  await archive(stores, 'weekly-1', END);
  await logUnlogged(stores, FIRST);
  for (const [id, end] of [
    ['daily-1', END + 1],
    ['daily-2', END + 3],
  ] as const)
    await logReports(stores, [await archive(stores, id, end)], FIRST);
  const earlier = (await stores.ledger.head())!.checkpoint;
  await target.keep('earlier');
  await changeLogKey(stores.ledger, FIRST, SECOND);
  await logReports(stores, [await archive(stores, 'daily-3', END + 2)], SECOND);
  await target.keep('whole');
  const whole = (await stores.ledger.head())!.checkpoint;
  for (const witness of [WITNESS, SECOND_WITNESS])
    for (const [size, checkpoint] of [
      [3, earlier],
      [5, whole],
    ] as const)
      await stores.ledger.confirm(cosignature(witness, size, checkpoint));
  await target.keep('confirmed');
  return { earlier, whole, confirmed: whole, long: await growLong(target) };
}

const NOW = 1_796_000_000;
/** What is kept of a witness who signed a checkpoint. */
const cosignature = (witness: SigningKey, size: number, checkpoint: string): Confirmation => ({
  size,
  checkpoint,
  by: verifierKeyText(witness),
  kind: 'cosignature',
  text: cosignNote(checkpoint, witness, NOW).slice(checkpoint.length),
});

/** Grows the log past its first tile: each key announces the next one. */
async function growLong(target: Target): Promise<string> {
  const { ledger } = target.stores;
  const keys = [SECOND, ...Array.from({ length: TILE_WIDTH }, (_, i) => longKey(i))];
  const { size } = (await ledger.head())!;
  const entries = keys.slice(1).map((key, i) => ({
    run: runOfKey(key, size + i),
    bytes: changeBytesAsBefore(keys[i]!, key, size + i),
  }));
  const places = edgeOf(size);
  const edge = new Map(
    (await ledger.tiles(places)).map((bytes, i) => [tilePath(places[i]!), bytes] as const),
  );
  const leaves = entries.map(({ bytes }) => leafHash(bytes));
  const grown = append(size, leaves, (place) => edge.get(tilePath(place))!);
  const last = keys.at(-1)!;
  const checkpoint = signCheckpoint(grown, last);
  const head = { size: grown.size, checkpoint, key: verifierKeyText(last) };
  expect(await ledger.grow(size, { head, entries, tiles: grown.tiles })).toBe(true);
  await target.keep('long');
  return checkpoint;
}
const longKey = (i: number) => signingKey(NAME, Buffer.alloc(32, `long ${i}`));

const text = ({ values }: Kept, name: string): string => values[name] as string;
const one = async (insider: Insider, kind: Kind, values: Values): Promise<Kept> => {
  const is = (await insider.all(kind)).find((kept) =>
    Object.entries(values).every(([name, value]) => kept.values[name] === value),
  );
  if (is === undefined) throw new Error(`There is none of ${kind} with ${JSON.stringify(values)}.`);
  return is;
};
const remove = async (insider: Insider, kind: Kind, values: Values = {}) => {
  const is = (kept: Kept) => Object.entries(values).every(([name, value]) => kept.values[name] === value);
  for (const kept of (await insider.all(kind)).filter(is)) await insider.remove(kind, kept);
};

/** Writes a header in the place of one, with the digest that it should have, and what the store has beside it. */
async function seal(insider: Insider, kept: Kept, change: Readonly<Record<string, unknown>>) {
  const { headerDigest: _, ...link } = {
    ...(JSON.parse(text(kept, 'header')) as object),
    ...change,
  } as Record<string, unknown>;
  const header = { ...link, headerDigest: digestOfJson(link) };
  const { id, sequence } = header as unknown as ArchivedHeader;
  await insider.change('headers', kept, { ...kept.values, id, sequence, header: JSON.stringify(header) });
  return header.headerDigest;
}

/** Rows in the place of others, with the digest that they should have; the header says so. */
async function replaceRows(insider: Insider, id: string, rows: string, change: Values = {}): Promise<string> {
  const part = await one(insider, 'parts', { reportId: id });
  await insider.add('parts', part, { rows, digest: sha256(rows) });
  const kept = await one(insider, 'headers', { id });
  const { parts } = JSON.parse(text(kept, 'header')) as ArchivedHeader;
  return seal(insider, kept, { ...change, parts: [{ ...parts[0]!, digest: sha256(rows) }] });
}

/** Makes a report say something else, and everything behind it in its chain fit that. */
async function replaceChain(insider: Insider): Promise<void> {
  let previous = await replaceRows(insider, 'daily-1', '[{"is":true,"name":"daily-1"}]');
  for (const id of ['daily-2', 'daily-3'])
    previous = await seal(insider, await one(insider, 'headers', { id }), { previous });
}

const removeReport = async (insider: Insider, id: string) => {
  await remove(insider, 'headers', { id });
  await remove(insider, 'parts', { reportId: id });
};
const removeLog = async (insider: Insider) => {
  for (const kind of ['entries', 'tiles', 'head'] as const) await remove(insider, kind);
};
const headersOf = async ({ archive: of }: Stores) => (await of.headers()).headers.toReversed();

interface Attack {
  readonly name: string;
  /** Kinds without which it cannot be tried. */
  readonly needs?: Kind;
  /** The archive that it begins with: the whole one unless set. */
  readonly from?: keyof Heads;
  readonly damage?: (insider: Insider) => Promise<unknown>;
  /** What is done after that by the product's own means. */
  readonly andThen?: (stores: Stores) => Promise<unknown>;
  /** What is trusted: the second key and the last head unless set. */
  readonly trusted?: (heads: Heads) => Trusted;
  /** Each line of a finding, in any order, and no other. */
  readonly found: readonly RegExp[];
  /** What may follow from these, in one store or both. */
  readonly also?: readonly RegExp[];
  /** What is asked for of others is not shown. */
  readonly isUnconfirmed?: true;
}

const kept = (head: string, ...keys: SigningKey[]): Trusted => ({ keys, since: Buffer.from(head) });

const ADDED = /^unlogged: Report daily-4 is in the archive and has no entry in the log/;

const BESIDE = /^changed: Beside the log of reports 1 entry is kept that its head does not have/;

/** Adds daily-4 behind daily-3, as the chain has it. @returns the digest of its header */
async function addReport(insider: Insider): Promise<string> {
  const last = await one(insider, 'headers', { id: 'daily-3' });
  const { headerDigest: previous } = JSON.parse(text(last, 'header')) as ArchivedHeader;
  await insider.add('headers', last, { id: 'daily-4', sequence: 4 });
  const added = await one(insider, 'headers', { id: 'daily-4' });
  const digest = await seal(insider, added, { id: 'daily-4', sequence: 4, previous, parts: [] });
  await setEnd(insider, 'daily-4');
  return digest;
}

/** Has the store say that it has an entry about daily-4, with a number that the log does not have, and what was signed of the evidence of daily-3. */
async function addEntry(insider: Insider, number: number, headerDigest: string): Promise<void> {
  const like = await one(insider, 'entries', { run: 'daily-3' });
  const entry = JSON.parse(text(like, 'entry')) as Entry;
  const bytes = Buffer.from(entryBytes({ ...entry, run: 'daily-4', headerDigest })).toString();
  await insider.add('entries', like, { number, run: 'daily-4', entry: bytes });
}

/** Ends that no report has, as a store may have them beside one: the least and the greatest numbers, and those that JavaScript does not have exactly. */
const ENDS_OF_NONE = [-(2 ** 60), Number.MIN_SAFE_INTEGER, -5, 0, Number.MAX_SAFE_INTEGER, 2 ** 60];
const misplaced = (id: string) => new RegExp(`^changed: Report ${id} is not listed where it belongs`);

/** Adds daily-4, which the store finds by other values than it says. */
const addElsewhere = (values: Values) => async (insider: Insider) => {
  await addReport(insider);
  await insider.change('headers', await one(insider, 'headers', { id: 'daily-4' }), values);
};
const signOn = async (stores: Stores) => void (await logUnlogged(stores, SECOND));

const REPORTS: readonly Attack[] = [
  {
    name: 'a header is changed',
    damage: async (insider) => {
      const header = await one(insider, 'headers', { id: 'daily-2' });
      await insider.change('headers', header, {
        ...header.values,
        header: text(header, 'header').replace('"says":"false"', '"says":"true"'),
      });
    },
    found: [/^changed: The header of report daily-2 was changed/],
  },
  {
    name: 'a header is none',
    damage: async (insider) => {
      const header = await one(insider, 'headers', { id: 'daily-2' });
      await insider.change('headers', header, { ...header.values, header: '[' });
    },
    found: [/^changed: The header of report daily-2 was changed/],
  },
  {
    name: 'a header names parts that are none',
    damage: async (insider) =>
      seal(insider, await one(insider, 'headers', { id: 'daily-2' }), { parts: [null] }),
    found: [/^changed: The header of report daily-2 was changed/],
  },
  {
    name: 'rows are changed',
    damage: async (insider) => {
      const part = await one(insider, 'parts', { reportId: 'daily-2' });
      await insider.change('parts', part, { rows: text(part, 'rows').replace('false', 'true') });
    },
    found: [/^changed: Part 0 of report daily-2 was changed/],
  },
  {
    name: 'rows are no rows, and have a digest',
    damage: (insider) => replaceRows(insider, 'weekly-1', '{'),
    found: [
      /^changed: Part 0 of report weekly-1 was changed: it is no list of rows/,
      /^replaced: Report weekly-1 was replaced/,
    ],
  },
  {
    name: 'rows are removed',
    damage: (insider) => remove(insider, 'parts', { reportId: 'daily-2' }),
    found: [/^removed: Part 0 of report daily-2 is not in the archive any more/],
  },
  {
    name: 'rows are changed and the whole chain is made anew',
    damage: replaceChain,
    found: ['daily-1', 'daily-2', 'daily-3'].map((id) => new RegExp(`^replaced: Report ${id} was replaced`)),
  },
  {
    name: 'a report is hidden from those of its name',
    damage: async (insider) =>
      insider.change('headers', await one(insider, 'headers', { id: 'daily-2' }), { reportName: 'x' }),
    found: [/^changed: Report daily-2 is not listed where it belongs, among those of daily, type inventory/],
  },
  {
    name: 'two reports are listed in one another’s place',
    damage: async (insider) => {
      for (const [id, reportName] of [
        ['daily-2', 'weekly'],
        ['weekly-1', 'daily'],
      ] as const)
        await insider.change('headers', await one(insider, 'headers', { id }), {
          reportName,
          // No two of one name have one number.
          sequence: 9,
        });
    },
    found: [
      /^changed: The header of report daily-2/,
      /^changed: The header of report weekly-1/,
      /^removed: The chain of (daily|weekly) lacks/,
    ],
    also: [/^changed: The end of the chain of (daily|weekly) is kept as report/],
  },
  {
    name: 'a report is hidden behind newer ones',
    damage: async (insider) =>
      insider.change('headers', await one(insider, 'headers', { id: 'daily-2' }), { end: 1 }),
    found: [misplaced('daily-2')],
  },
  {
    name: 'a report is found by another number than its own',
    damage: async (insider) =>
      insider.change('headers', await one(insider, 'headers', { id: 'daily-3' }), { sequence: 7 }),
    found: [
      /^changed: The header of report daily-3 was changed: .* what the store has beside it/,
      /^removed: The chain of daily lacks the numbers 3 to 6, before report daily-3/,
    ],
  },
  {
    name: 'a report is removed from the middle of its chain',
    damage: (insider) => removeReport(insider, 'daily-2'),
    found: [
      /^removed: The chain of daily lacks number 2, before report daily-3/,
      /^removed: Report daily-2 \(daily, .*\) is entry 2 of the log/,
    ],
  },
  {
    name: 'the last report of its chain is removed',
    damage: async (insider) => {
      await removeReport(insider, 'daily-3');
      await setEnd(insider, 'daily-2');
    },
    found: [/^removed: Report daily-3 \(daily, .*\) is entry 4 of the log/],
  },
  {
    name: 'a whole chain is removed',
    damage: async (insider) => {
      await removeReport(insider, 'weekly-1');
      if (await hasEnds(insider)) await remove(insider, 'ends', { reportName: 'weekly' });
    },
    found: [/^removed: Report weekly-1 \(weekly, .*\) is entry 0 of the log/],
  },
  {
    name: 'reports change places',
    damage: exchangeReports,
    found: [
      /^replaced: Report daily-2 was replaced/,
      /^replaced: Report daily-3 was replaced/,
      /^replaced: In the chain of daily report daily-3, number 2, does not follow/,
      /^reordered: In the chain of daily report daily-2, number 3, does not follow/,
    ],
  },
  {
    name: 'a report is added',
    damage: async (insider) => void (await addReport(insider)),
    found: [ADDED],
  },
  ...[-1, 5, 1_000_000].map((number): Attack => ({
    name: `a report is added, with an entry ${number} beside the log`,
    damage: async (insider) => addEntry(insider, number, await addReport(insider)),
    found: [ADDED, BESIDE],
  })),
  ...[-1, 5, 1_000_000].map((number): Attack => ({
    name: `an entry ${number} beside the log keeps the report that it is about out of the log`,
    damage: async (insider) => addEntry(insider, number, await addReport(insider)),
    andThen: async (stores) => void (await logUnlogged(stores, SECOND)),
    found: [],
    // Where it is in nobody's way it stays.
    also: [BESIDE],
  })),
  {
    name: 'an entry stands where the next one comes, and another report is logged',
    damage: async (insider) => addEntry(insider, 5, await addReport(insider)),
    andThen: async (stores) => {
      // Whatever is appended behind it goes on from what was logged.
      await logReports(stores, [await archive(stores, 'monthly-1', END + 4)], SECOND);
      await logReports(stores, [await archive(stores, 'monthly-2', END + 5)], SECOND);
    },
    found: [ADDED],
  },
  {
    name: 'the last report of its chain is removed and another one put in its place, with an entry beside the log',
    damage: async (insider) => {
      const header = await one(insider, 'headers', { id: 'daily-3' });
      await seal(insider, header, { id: 'daily-4', parts: [] });
      await remove(insider, 'parts', { reportId: 'daily-3' });
      await setEnd(insider, 'daily-4');
      const { headerDigest } = JSON.parse(
        text(await one(insider, 'headers', { id: 'daily-4' }), 'header'),
      ) as ArchivedHeader;
      await addEntry(insider, -1, headerDigest);
    },
    // Elasticsearch goes on keeping the changed document under the name daily-3.
    also: [misplaced('daily-4')],
    found: [
      ADDED,
      BESIDE,
      /^(removed: Report daily-3 \(daily, .*\) is entry 4 of the log|changed: Report daily-3 is kept, and no list)/,
    ],
  },
  {
    name: 'the end of a chain is removed',
    needs: 'ends',
    damage: (insider) => remove(insider, 'ends', { reportName: 'daily' }),
    found: [/^removed: The end of the chain of daily is not kept any more: its newest report is daily-3/],
  },
  {
    name: 'an older end of a chain is put back',
    needs: 'ends',
    damage: (insider) => setEnd(insider, 'daily-2'),
    found: [
      /^changed: The end of the chain of daily is kept as report daily-2, number 2, and its newest report is daily-3, number 3/,
    ],
  },
  {
    name: 'the end of a chain is changed',
    needs: 'ends',
    damage: async (insider) => {
      const end = await one(insider, 'ends', { reportName: 'daily' });
      await insider.change('ends', end, {
        header: text(end, 'header').replace('"says":"false"', '"says":"true"'),
      });
    },
    found: [/^changed: The end of the chain of daily, report daily-3, was changed/],
  },
];

async function hasEnds(insider: Insider): Promise<boolean> {
  return insider.all('ends').then(
    () => true,
    () => false,
  );
}

/** What a store has of its own says that a report is the newest of its name. */
async function setEnd(insider: Insider, id: string): Promise<void> {
  if (!(await hasEnds(insider))) return;
  const end = await one(insider, 'ends', { reportName: 'daily' });
  const { values } = await one(insider, 'headers', { id });
  await insider.change('ends', end, { id, sequence: values['sequence'], header: values['header'] });
}

/** Two reports of a chain change places, and each has the digest that it should have. */
async function exchangeReports(insider: Insider): Promise<void> {
  const [second, third] = [
    await one(insider, 'headers', { id: 'daily-2' }),
    await one(insider, 'headers', { id: 'daily-3' }),
  ];
  await insider.change('headers', second, { sequence: 99 });
  await seal(insider, third, { sequence: 2 });
  await seal(insider, second, { sequence: 3 });
  await setEnd(insider, 'daily-2');
}

const changeEntry = async (insider: Insider, number: number, from: string, to: string) => {
  const entry = await one(insider, 'entries', { number });
  expect(text(entry, 'entry')).toContain(from);
  await insider.change('entries', entry, { entry: text(entry, 'entry').replace(from, to) });
};

/** Nothing tells any more that the first key was the log's. */
const NO_KEY =
  /^changed: What was signed of the evidence of report (weekly-1|daily-[12]) was changed: no key/;

/** What is stated of a report follows from its entry. */
const STATED_OTHERWISE =
  /^changed: What was signed of the evidence of report daily-1 was changed: it says something else/;

const LOG: readonly Attack[] = [
  {
    name: 'the head of the log is none',
    damage: async (insider) =>
      insider.change('head', await one(insider, 'head', {}), {
        checkpoint: 'x',
        size: Number.MAX_SAFE_INTEGER,
      }),
    found: [
      /^changed: The signed head of the log was changed/,
      /^truncated: The log ends before entry 5, and its head says that it has 9007199254740991/,
    ],
  },
  {
    name: 'the head says another length',
    damage: async (insider) => insider.change('head', await one(insider, 'head', {}), { size: 4 }),
    found: [/^changed: The head of the log says that it has 4 entries, and its checkpoint is of 5/],
    also: [BESIDE, /^changed: Entry 4 of the log is about run daily-3, and the store has no entry for it/],
  },
  {
    name: 'the signature of the head is changed',
    damage: async (insider) => {
      const head = await one(insider, 'head', {});
      const checkpoint = text(head, 'checkpoint');
      await insider.change('head', head, {
        checkpoint: checkpoint.replace(/(.)=*\n$/, (end) =>
          end.startsWith('A') ? `B${end.slice(1)}` : `A${end.slice(1)}`,
        ),
      });
    },
    found: [/^changed: The signed head of the log was changed/],
  },
  {
    name: 'another key is said to have signed the head',
    damage: async (insider) =>
      insider.change('head', await one(insider, 'head', {}), { key: verifierKeyText(STRANGER) }),
    found: [/^changed: The key that stands beside the head of the log, \S+, did not sign it/],
  },
  {
    name: 'an entry is removed',
    damage: (insider) => remove(insider, 'entries', { number: 2 }),
    found: [/^removed: Entry 2 of the log is not there/],
  },
  {
    name: 'an entry is changed',
    damage: (insider) => changeEntry(insider, 1, '"inventory"', '"inventorz"'),
    also: [STATED_OTHERWISE],
    found: [/^changed: Entry 1 of the log is not the one that was signed/, /^forked: /],
  },
  {
    name: 'an entry is none',
    damage: (insider) => changeEntry(insider, 1, '{', '['),
    found: [
      /^changed: Entry 1 of the log was changed: /,
      /^changed: Entry 1 of the log is not the one that was signed/,
      /^forked: /,
    ],
  },
  {
    name: 'the announcement of a key is changed',
    damage: (insider) => changeEntry(insider, 3, 'keyChange', 'keyChangf'),
    found: [
      /^changed: Entry 3 of the log was changed: /,
      /^changed: Entry 3 of the log is not the one that was signed/,
      /^forked: /,
      NO_KEY,
    ],
  },
  {
    name: 'the announcement of a key is removed',
    damage: (insider) => remove(insider, 'entries', { number: 3 }),
    found: [/^removed: Entry 3 of the log is not there/, NO_KEY],
  },
  {
    name: 'what the former key signed last is changed',
    damage: async (insider) => {
      const kept = await one(insider, 'entries', { number: 3 });
      await insider.change('entries', kept, {
        statement: String(kept.values['statement']).replace('\n3\n', '\n2\n'),
      });
    },
    found: [/^changed: What margay\.example\/c\+[0-9a-f]{8} signed last, which is kept beside entry 3/],
  },
  {
    name: 'the announcement of a key is hidden',
    damage: async (insider) =>
      insider.change('entries', await one(insider, 'entries', { number: 3 }), { run: 'daily-9' }),
    found: [
      /^changed: Entry 3 of the log is about the key margay\.example\/c\+[0-9a-f]{8}, and the store has it as that of a run/,
    ],
  },
  {
    name: 'entries change places',
    damage: async (insider) => {
      const [a, b] = [
        await one(insider, 'entries', { number: 1 }),
        await one(insider, 'entries', { number: 2 }),
      ];
      await insider.change('entries', a, { ...b.values, number: 1, run: 'x' });
      await insider.change('entries', b, { ...a.values, number: 2 });
      await insider.change('entries', a, { run: 'daily-2' });
    },
    found: [/^reordered: Entries of the log stand in another order: 1, 2/, /^forked: /],
  },
  {
    name: 'the store says that a report has no entry',
    damage: async (insider) =>
      insider.change('entries', await one(insider, 'entries', { number: 1 }), { run: 'x' }),
    found: [/^changed: Entry 1 of the log is about run daily-1, and the store has no entry for it/],
  },
  {
    name: 'what was signed of the evidence is changed',
    damage: async (insider) =>
      insider.change('entries', await one(insider, 'entries', { number: 1 }), { statement: '{}' }),
    found: [/^changed: What was signed of the evidence of report daily-1 was changed/],
  },
  {
    name: 'what was signed of the evidence is that of another report',
    damage: async (insider) => {
      const { values } = await one(insider, 'entries', { number: 2 });
      await insider.change('entries', await one(insider, 'entries', { number: 1 }), {
        statement: values['statement'],
      });
    },
    found: [
      /^changed: What was signed of the evidence of report daily-1 was changed: it is about another report/,
    ],
  },
  {
    name: 'what was signed of the evidence is removed',
    damage: async (insider) =>
      insider.change('entries', await one(insider, 'entries', { number: 1 }), { statement: null }),
    found: [/^removed: What was signed of the evidence of report daily-1 is not kept/],
  },
  {
    name: 'tiles are changed',
    damage: async (insider) => {
      for (const tile of await insider.all('tiles'))
        await insider.change('tiles', tile, { bytes: Buffer.alloc(5 * 32).toString('base64') });
    },
    found: [/^changed: Tiles of the log were changed/],
  },
  {
    name: 'tiles are removed',
    damage: (insider) => remove(insider, 'tiles'),
    found: [/^removed: The log of reports lacks tile 0 of level 0/],
  },
  {
    name: 'an entry and its tile are changed together',
    damage: async (insider) => {
      await changeEntry(insider, 1, '"inventory"', '"inventorz"');
      const entry = await one(insider, 'entries', { number: 1 });
      const tile = await one(insider, 'tiles', { level: 0 });
      const bytes = Buffer.from(text(tile, 'bytes'), 'base64');
      bytes.set(leafHash(Buffer.from(text(entry, 'entry'))), 32);
      await insider.change('tiles', tile, { bytes: bytes.toString('base64') });
    },
    also: [STATED_OTHERWISE],
    found: [/^changed: The log was changed: its entries and tiles fit one another/, /^forked: /],
  },
  {
    name: 'the log ends before its head says',
    damage: (insider) => remove(insider, 'entries'),
    found: [/^truncated: The log ends before entry 0, and its head says that it has 5/],
  },
  {
    name: 'the log is removed',
    damage: removeLog,
    found: [/^removed: There is no log of reports/],
  },
  {
    name: 'the last reports and their entries are removed, and an older head put back',
    from: 'earlier',
    trusted: ({ whole }) => kept(whole, FIRST, SECOND),
    found: [/^truncated: The log has 3 entries, and the checkpoint that was kept is of 5/],
    isUnconfirmed: true,
  },
  {
    name: 'a backup of before the kept head goes on in its own way',
    from: 'earlier',
    andThen: async (stores) => {
      for (const id of ['daily-8', 'daily-9', 'daily-10'])
        await logReports(stores, [await archive(stores, id, END + 9)], FIRST);
    },
    trusted: ({ whole }) => kept(whole, FIRST, SECOND),
    found: [/^forked: The log does not go on from the checkpoint that was kept: of its first 5 entries/],
    isUnconfirmed: true,
  },
  {
    name: 'two logs of one length: the head that was kept is of the other one',
    from: 'earlier',
    andThen: async (stores) => {
      await changeLogKey(stores.ledger, FIRST, SECOND);
      await logReports(stores, [await archive(stores, 'daily-9', END + 9)], SECOND);
    },
    found: [/^forked: The log does not go on from the checkpoint that was kept: of its first 5 entries/],
  },
  {
    name: 'a chain and the log are made anew, with the keys of the log',
    damage: async (insider) => {
      await replaceChain(insider);
      await removeLog(insider);
      await setEnd(insider, 'daily-3');
    },
    andThen: async (stores) => {
      await logReports(stores, await headersOf(stores), FIRST);
      await changeLogKey(stores.ledger, FIRST, SECOND);
    },
    found: [/^forked: The log does not go on from the checkpoint that was kept: of its first 5 entries/],
  },
  {
    name: 'the log is made anew with another key of its name',
    damage: removeLog,
    andThen: async (stores) => logReports(stores, await headersOf(stores), STRANGER),
    found: [
      /^replaced: The log is signed by margay\.example\/c\+[0-9a-f]{8}, and by no key that was given/,
      /^truncated: The log has 4 entries, and the checkpoint that was kept is of 5/,
      ...['weekly-1', 'daily-1', 'daily-2', 'daily-3'].map(
        (id) => new RegExp(`^changed: What was signed of the evidence of report ${id} was changed: no key`),
      ),
    ],
  },
  {
    name: 'the log of another installation is put in its place',
    damage: removeLog,
    andThen: async (stores) => logReports(stores, await headersOf(stores), OTHER),
    trusted: ({ whole }) => kept(whole, SECOND, OTHER),
    found: [
      /^replaced: The log is margay\.example\/other, and the checkpoint that was kept is of the log margay\.example\/c/,
    ],
  },
  {
    name: 'an archive of before a key followed, with a checkpoint of later that the key signed: no contradiction, and not shown',
    from: 'earlier',
    trusted: ({ whole }) => kept(whole, FIRST),
    found: [],
    isUnconfirmed: true,
  },
  {
    name: 'entries are kept that the head does not have, one of them about a report that the log has',
    damage: async (insider) => {
      const like = await one(insider, 'entries', { run: 'daily-3' });
      for (const number of [7, -3]) await insider.add('entries', like, { number, run: `daily-${number}` });
    },
    found: [/^changed: Beside the log of reports 2 entries are kept that its head does not have/],
  },
  {
    name: 'the checkpoint that was kept is of another installation',
    trusted: () => kept(signCheckpoint({ size: 3, root: new Uint8Array(32) }, OTHER), SECOND, OTHER),
    found: [
      /^replaced: The log is margay\.example\/c, and the checkpoint that was kept is of the log margay\.example\/other/,
    ],
  },
  {
    name: 'a stranger makes the log anew, and announces its key as his own next one',
    damage: removeLog,
    andThen: async (stores) => {
      await logReports(stores, await headersOf(stores), STRANGER);
      const entry = { run: runOfKey(SECOND, 4), bytes: changeBytesAsBefore(STRANGER, SECOND, 4) };
      await appendBlindly(stores.ledger, entry, STRANGER);
    },
    trusted: () => ({ keys: [SECOND] }),
    found: [
      /^replaced: The log of 5 entries is signed by margay\.example\/c\+[0-9a-f]{8}, and its entry 4 says that margay\.example\/c\+[0-9a-f]{8} signs it from then on/,
    ],
  },
  {
    name: 'an announcement is put into the log once more, after the key came back that made it',
    andThen: async ({ ledger }) => {
      const [announcement] = await ledger.entries(3, 4);
      await changeKeyAsBefore(ledger, SECOND, FIRST);
      await appendBlindly(ledger, { run: runOfKey(SECOND, 6), bytes: announcement! }, SECOND);
    },
    trusted: ({ whole }) => kept(whole, FIRST),
    found: [
      /^changed: Entry 6 of the log was changed: it tells of another key as entry 3 of its log, and is entry 6/,
      /^replaced: The log of 7 entries is signed by margay\.example\/c\+[0-9a-f]{8}, and its entry 5 says that margay\.example\/c\+[0-9a-f]{8} signs it from then on/,
    ],
  },
  {
    name: 'whoever has the second key makes anew what the first one logged, and keeps its announcement',
    damage: removeLog,
    andThen: async (stores) => {
      const [last, ...others] = (await headersOf(stores)).toReversed();
      await logReports(stores, others, SECOND);
      // The first key announced it behind other entries.
      const bytes = await keyChangeBytes(FIRST, SECOND, { size: 3, root: root(9) });
      await appendBlindly(stores.ledger, { run: runOfKey(SECOND, 3), bytes }, SECOND);
      await logReports(stores, [last!], SECOND);
    },
    trusted: () => ({ keys: [SECOND] }),
    found: [
      /^forked: margay\.example\/c\+[0-9a-f]{8} announced the key margay\.example\/c\+[0-9a-f]{8} behind other entries than the 3 that stand before entry 3/,
    ],
  },
  {
    name: 'a key signs on that announced another one',
    andThen: async ({ ledger }) => {
      const [first] = await ledger.entries(0, 1);
      const bytes = Buffer.from(Buffer.from(first!).toString().replace('weekly-1', 'blind'));
      await appendBlindly(ledger, { run: 'blind', bytes }, FIRST);
    },
    trusted: ({ earlier }) => kept(earlier, FIRST),
    found: [
      /^replaced: The log of 6 entries is signed by margay\.example\/c\+[0-9a-f]{8}, and its entry 3 says that margay\.example\/c\+[0-9a-f]{8} signs it from then on/,
      /^removed: Report blind /,
    ],
  },
];

/** Puts something beside what the witness signed of the whole log. */
const beside = (change: (is: Confirmation) => Partial<Confirmation>) => async (insider: Insider) => {
  const like = await one(insider, 'confirmations', { by: verifierKeyText(WITNESS), size: 5 });
  await insider.add('confirmations', like, { ...change(like.values as unknown as Confirmation) });
};
/** Puts something in its place. */
const inItsPlace =
  (change: (is: Confirmation, other: Confirmation) => Partial<Confirmation>) => async (insider: Insider) => {
    const is = await one(insider, 'confirmations', { by: verifierKeyText(WITNESS), size: 5 });
    const other = await one(insider, 'confirmations', { by: verifierKeyText(SECOND_WITNESS), size: 5 });
    const [a, b] = [is, other].map(({ values }) => values as unknown as Confirmation) as [
      Confirmation,
      Confirmation,
    ];
    await insider.change('confirmations', is, { ...change(a, b) });
  };
const isNot = (size: number, why: string) =>
  new RegExp(`^changed: What is kept as signed by \\S+ of the log of ${size} entries is not: .*${why}`);
const root = (byte: number) => new Uint8Array(32).fill(byte);
const seenBy =
  (...witnesses: readonly SigningKey[]) =>
  ({ whole }: Heads): Trusted => ({
    ...kept(whole, SECOND),
    now: NOW * 1_000,
    witnesses: {
      keys: witnesses,
      needed: new Set(witnesses.map(({ publicKey }) => publicKey.toString())).size,
    },
  });

const CONFIRMATIONS: readonly Attack[] = [
  {
    name: 'a head that is longer than any log is kept as signed by a witness',
    from: 'confirmed',
    damage: beside(() => ({ size: Number.MAX_SAFE_INTEGER })),
    found: [isNot(Number.MAX_SAFE_INTEGER, 'its checkpoint is of 5 entries')],
  },
  {
    name: 'such a head, with a checkpoint and a signature that fit it',
    from: 'confirmed',
    damage: beside(() => cosignature(WITNESS, 1e15, signCheckpoint({ size: 1e15, root: root(1) }, SECOND))),
    found: [isNot(1e15, 'the log has 5 entries')],
  },
  {
    name: 'what a witness signed is changed',
    from: 'confirmed',
    damage: inItsPlace(({ text: is }) => ({ text: is.replace(/.{6}\n$/, 'AAAAA=\n') })),
    found: [isNot(5, '')],
  },
  {
    name: 'what another witness signed stands in its place',
    from: 'confirmed',
    damage: inItsPlace((_, { text: other }) => ({ text: other })),
    found: [isNot(5, 'it has no signature of witness.example/21')],
  },
  {
    name: 'who signed it is nobody',
    from: 'confirmed',
    damage: beside(() => ({ by: 'witness.example/21' })),
    found: [isNot(5, 'who signed it is not named by the key of a witness')],
  },
  {
    name: 'it is of a kind that there is not',
    from: 'confirmed',
    damage: inItsPlace(() => ({ kind: 'x' as 'copy' })),
    found: [isNot(5, 'it is of no kind that there is')],
  },
  {
    name: 'a timestamp is garbage',
    from: 'confirmed',
    damage: beside(() => ({ by: 'tsa', kind: 'timestamp', text: 'AAAA' })),
    found: [isNot(5, 'it is no answer of an authority of timestamps')],
  },
  {
    name: 'a witness signed a fork, whose head has the signature of the log',
    from: 'confirmed',
    damage: inItsPlace(() => cosignature(WITNESS, 5, signCheckpoint({ size: 5, root: root(2) }, SECOND))),
    found: [isNot(5, 'its checkpoint is of a log that this one does not go on from')],
  },
  {
    name: 'a witness signed a head that the log’s key did not',
    from: 'confirmed',
    damage: inItsPlace(({ checkpoint }) => {
      const { size, root: of } = readCheckpoint(Buffer.from(checkpoint), []);
      return cosignature(WITNESS, 5, signCheckpoint({ size, root: of }, STRANGER));
    }),
    found: [isNot(5, 'no key of the log signed its checkpoint')],
  },
  {
    name: 'it is a head of another log',
    from: 'confirmed',
    damage: inItsPlace(() => cosignature(WITNESS, 5, signCheckpoint({ size: 5, root: root(3) }, OTHER))),
    found: [isNot(5, 'it is of the log margay.example/other')],
  },
  {
    name: 'what a witness signed is removed, and he was asked for',
    from: 'confirmed',
    damage: (insider) => remove(insider, 'confirmations', { by: verifierKeyText(WITNESS), size: 5 }),
    trusted: seenBy(WITNESS),
    found: [],
    isUnconfirmed: true,
  },
  {
    name: 'a tile above those of entries is changed',
    from: 'long',
    damage: async (insider) => {
      const tile = await one(insider, 'tiles', { level: 1 });
      await insider.change('tiles', tile, { bytes: Buffer.alloc(32, 7).toString('base64') });
    },
    trusted: ({ long }) => kept(long, longKey(TILE_WIDTH - 1)),
    found: [/^changed: Tiles of the log were changed/],
  },
  {
    name: 'a tile above those of entries is removed',
    from: 'long',
    damage: (insider) => remove(insider, 'tiles', { level: 1 }),
    trusted: ({ long }) => kept(long, longKey(TILE_WIDTH - 1)),
    found: [/^removed: The log of reports lacks tile 0 of level 1/],
  },
  {
    name: 'what was signed of the evidence says something else, signed by a stranger, and no key was given',
    damage: async (insider) => {
      const entry = await one(insider, 'entries', { number: 1 });
      const { statement } = readEnvelope(text(entry, 'statement'), []);
      const predicate = { ...(statement.predicate as object), complete: true };
      await insider.change('entries', entry, {
        statement: envelopeText({ ...statement, predicate }, STRANGER),
      });
    },
    trusted: () => ({ keys: [] }),
    found: [
      /^changed: What was signed of the evidence of report daily-1 was changed: it says something else/,
    ],
  },
  {
    name: 'what was signed of the evidence is signed by a stranger, and no key was given',
    damage: async (insider) => {
      const entry = await one(insider, 'entries', { number: 1 });
      const { statement } = readEnvelope(text(entry, 'statement'), []);
      await insider.change('entries', entry, { statement: envelopeText(statement, STRANGER) });
    },
    trusted: () => ({ keys: [] }),
    found: [
      /^changed: What was signed of the evidence of report daily-1 was changed: no key of the log signed it/,
    ],
  },
];

/** What lists sort and filter by says something else than a header. */
const ELSEWHERE: readonly Attack[] = [
  ...ENDS_OF_NONE.flatMap((end): Attack[] => [
    {
      name: `a report is found by the end ${end}`,
      damage: async (insider) =>
        insider.change('headers', await one(insider, 'headers', { id: 'daily-2' }), { end }),
      found: [misplaced('daily-2')],
    },
    {
      name: `a report is added that is found by the end ${end}, and no start signs it`,
      damage: addElsewhere({ end }),
      andThen: signOn,
      found: [ADDED, misplaced('daily-4')],
    },
    {
      name: `what a witness signed is kept as of ${end} entries`,
      from: 'confirmed',
      damage: inItsPlace(() => ({ size: end })),
      found: [isNot(end, '')],
    },
  ]),
  {
    name: 'a report of a new name is added that is found by an end of none',
    damage: async (insider) => {
      const last = await one(insider, 'headers', { id: 'daily-3' });
      await insider.add('headers', last, { id: 'shown-1', reportName: 'shown', sequence: 1 });
      const added = await one(insider, 'headers', { id: 'shown-1' });
      await seal(insider, added, {
        id: 'shown-1',
        reportName: 'shown',
        sequence: 1,
        previous: undefined,
        parts: [],
      });
      await insider.change('headers', await one(insider, 'headers', { id: 'shown-1' }), {
        end: Number.MAX_SAFE_INTEGER,
      });
    },
    andThen: signOn,
    found: [/^unlogged: Report shown-1 is in the archive and has no entry/, misplaced('shown-1')],
    also: [/^removed: The end of the chain of shown is not kept any more/],
  },
  ...(
    [
      ['no end', { end: null }],
      ['its end as a text', { end: String(END + 2) }],
      ['two ends', { end: [1, END + 2] as unknown as number }],
    ] as const
  ).map(([what, values]): Attack => ({
    name: `a report is added that is found by ${what}`,
    needs: 'ends',
    damage: addElsewhere(values),
    andThen: signOn,
    found: [ADDED, misplaced('daily-4')],
  })),
  {
    name: 'a report is added at the end of its chain that is kept as one of another cluster',
    needs: 'ends',
    damage: addElsewhere({ cluster: 'another' }),
    andThen: signOn,
    found: [
      /^unlogged: The end of the chain of daily is kept as report daily-4, number 4, which is in no list/,
    ],
  },
  {
    name: 'a report is kept twice',
    needs: 'ends',
    damage: async (insider) => {
      const is = await one(insider, 'headers', { id: 'daily-2' });
      await insider.add('headers', is, { id: 'x' });
      await insider.change('headers', await one(insider, 'headers', { id: 'x' }), { id: 'daily-2' });
    },
    found: [misplaced('daily-2'), /^reordered: In the chain of daily two reports have the number 2/],
  },
];

/**
 * What `checkArchive` finds when somebody who may write whatever he likes has been at a store, with a head that was kept.
 *
 * @param open gives an empty archive.
 */
export function attacksContract(name: string, open: () => Promise<Target>): void {
  describe(`attacks of an insider: ${name}`, () => {
    let target: Target;
    let heads: Heads;
    beforeAll(async () => {
      target = await open();
      heads = await build(target);
    }, 120_000);
    afterAll(() => target.close());

    const check = async (stores: Stores, trusted: Trusted) => {
      const judgement = await checkArchive(stores, trusted);
      return { ...judgement, found: judgement.findings.map(({ kind, words }) => `${kind}: ${words}`) };
    };

    test('an archive that nobody changed is intact, by the key that was handed out first and by the last one', async () => {
      for (const trusted of [
        kept(heads.whole, SECOND),
        kept(heads.earlier, SECOND),
        kept(heads.whole, FIRST),
      ]) {
        const judged = await target.attacked(
          'whole',
          async () => {},
          (stores) => check(stores, trusted),
        );
        expect(judged.found).toEqual([]);
        expect(judged.signedBy).toEqual([NAME]);
        expect(judged.shown).toContainEqual(
          expect.stringMatching(/^the 5 entries of the log .* make the root of its head/),
        );
        expect(judged.shown).toContainEqual(
          expect.stringMatching(/^the log goes on from the checkpoint that was kept/),
        );
        expect(judged.notShown).toEqual([
          'what happened to 1 reports before they were logged: they had been archived before',
        ]);
      }
    });

    test.each([...REPORTS, ...ELSEWHERE, ...LOG, ...CONFIRMATIONS])('$name: it is found', async (attack) => {
      const {
        needs,
        from = 'whole',
        damage,
        andThen,
        trusted,
        found,
        also = [],
        isUnconfirmed = false,
      } = attack;
      if (needs !== undefined && !target.kinds.has(needs)) return;
      const judged = await target.attacked(
        from,
        async (insider) => void (await damage?.(insider)),
        async (stores) => {
          await andThen?.(stores);
          return check(stores, trusted?.(heads) ?? kept(heads.whole, SECOND));
        },
      );
      for (const words of found) expect(judged.found).toContainEqual(expect.stringMatching(words));
      expect(judged.found.filter((line) => ![...found, ...also].some((words) => words.test(line)))).toEqual(
        [],
      );
      expect(judged.isConfirmed).toBe(!isUnconfirmed);
    });

    test('what witnesses signed of an archive that nobody changed is what they signed, and counts where it is asked for', async () => {
      for (const [witnesses, now, isConfirmed] of [
        [[WITNESS], NOW, true],
        [[WITNESS, SECOND_WITNESS], NOW, true],
        [[WITNESS, RENAMED], NOW, true],
        [[RENAMED], NOW, false],
        [[WITNESS, signingKey('witness.example/x', root(9), 'witness')], NOW, false],
        // They signed it in what is the future here.
        [[WITNESS], NOW - 86_400, false],
      ] as const) {
        const trusted: Trusted = { ...seenBy(...witnesses)(heads), now: now * 1_000 };
        const judged = await target.attacked(
          'confirmed',
          async () => {},
          (stores) => check(stores, trusted),
        );
        expect(judged.found).toEqual([]);
        expect(judged.isConfirmed).toBe(isConfirmed);
        if (trusted.witnesses!.keys.length > trusted.witnesses!.needed)
          expect(judged.shown).toContain('1 of the 1 witnesses that were given saw the log of 5 entries');
        expect(judged.shown).toContain('4 confirmations of heads of the log by others are what they signed');
      }
    });

    test('of a log that grows while it is looked at, what witnesses signed of it as it was counts', async () => {
      const judged = await target.attacked(
        'confirmed',
        async () => {},
        (stores) => {
          const { ledger } = stores;
          const differing = async () => {
            await logReports(stores, [await archive(stores, 'daily-4', END + 3)], SECOND);
            return ledger.differing();
          };
          return check({ ...stores, ledger: { ...ledger, differing } }, seenBy(WITNESS)(heads));
        },
      );
      expect(judged).toMatchObject({ found: [], isConfirmed: true });
    });
  });
}
