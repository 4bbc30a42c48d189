import { HASH_BYTES, type Tile, type TilePlace } from '@margay/ledger';
import type { ArchivedHeader } from '../archive/archive.ts';
import { headerDamage } from '../archive/damaged.ts';
import { type HeaderSource, keptIn } from '../archive/elastic-headers.ts';
import { chunks } from '../chunks.ts';
import { bulk, type DocumentWrite } from '../elasticsearch/bulk.ts';
import { write, type Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { getDocument, readAll, readPlaced, refresh } from '../elasticsearch/read.ts';
import { KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import { CONFIRMATIONS_TEMPLATE, elasticsearchConfirmations } from './elastic-confirmations.ts';
import { isOfKey, OF_KEYS } from './key-changes.ts';
import { besideTheLog, lacking, type Ledger, type LogGrowth, type LogHead } from './ledger.ts';

/** The indices of the log: its head, which says what comes last, its entries and its tiles. */
export const LEDGER_TEMPLATES: readonly IndexTemplate[] = [
  { pattern: 'log-heads', properties: { cluster: KEYWORD, size: NUMBER, growth: STORED } },
  {
    pattern: 'log-entries',
    properties: { cluster: KEYWORD, number: NUMBER, run: KEYWORD, entry: STORED, statement: STORED },
  },
  { pattern: 'log-tiles', properties: { cluster: KEYWORD, bytes: STORED } },
  CONFIRMATIONS_TEMPLATE,
];

/** What the head's document holds beside the head: what was appended with it, until somebody appends again. */
interface Growth {
  readonly head: LogHead;
  /** In the order of their numbers, from `before` on; texts are JSON. */
  readonly before: number;
  readonly entries: readonly {
    readonly run: string;
    readonly text: string;
    readonly statement?: string | undefined;
  }[];
  /** Bytes in base64. */
  readonly tiles: readonly (Omit<Tile, 'bytes'> & { readonly bytes: string })[];
}

interface Found {
  readonly growth: Growth;
  readonly seqNo: number;
  readonly primaryTerm: number;
}

/** So many reports are looked for at once. */
const PAGE = 256;

/**
 * The log in Elasticsearch. One small document, its head, moves on only where nobody else moved it, and holds what is appended with
 * it; whoever moves it next writes that down first. So a writer that ended between the two leaves no gap, and of two writers
 * one is the first.
 */
export function elasticsearchLedger(elastic: Elastic): Ledger {
  return {
    head: async () => (await found(elastic))?.growth.head,

    async tiles(places) {
      const last = await found(elastic);
      const bytes = await storedTiles(elastic, places);
      return places.map((place, i) => tileOf(place, bytes[i], last?.growth));
    },

    async entries(from, to) {
      const last = await found(elastic);
      const numbers = Array.from({ length: to - from }, (_, i) => from + i);
      const texts = await documents<{ entry: string }>(
        elastic,
        'log-entries',
        numbers.map((number) => entryId(elastic, number)),
      );
      return numbers.map((number, i) => {
        const text = texts[i]?.entry ?? last?.growth.entries[number - last.growth.before]?.text;
        if (text === undefined) throw lacking(`entry ${number}`);
        return Buffer.from(text);
      });
    },

    missing: () => missing(elastic),

    differing: () => differing(elastic),

    async statement(number) {
      // The head first: what it does not hold any more is written down by then.
      const last = await found(elastic);
      const [written] = await documents<{ statement?: string }>(elastic, 'log-entries', [
        entryId(elastic, number),
      ]);
      if (written !== undefined) return written.statement;
      return last?.growth.entries[number - last.growth.before]?.statement;
    },

    numbersOf: (runs) => numbersOf(elastic, runs),

    numbersOfKeys: () => numbersOfKeys(elastic),

    async grow(before, growth) {
      const last = await found(elastic);
      if ((last?.growth.head.size ?? 0) !== before) return false;
      if (last !== undefined) await writeDown(elastic, last.growth);
      const next = growthOf(before, growth);
      if (!(await moveHead(elastic, next, last))) return false;
      await writeDown(elastic, next);
      return true;
    },

    ...elasticsearchConfirmations(elastic),
    unlogged: () => unlogged(elastic),
  };
}

const entryId = ({ cluster }: Elastic, number: number): string => documentId(cluster, number);
const tileId = ({ cluster }: Elastic, { level, index }: Pick<TilePlace, 'level' | 'index'>): string =>
  documentId(cluster, level, index);

async function found(elastic: Elastic): Promise<Found | undefined> {
  const { cluster } = elastic;
  const place = [elastic.index('log-heads'), documentId(cluster)] as const;
  const document = await getDocument<{ growth: string }>(elastic, ...place);
  return document && { ...document, growth: JSON.parse(document.source.growth) as Growth };
}

const growthOf = (before: number, { head, entries, tiles }: LogGrowth): Growth => ({
  head,
  before,
  entries: entries.map(({ run, bytes, statement }) => ({
    run,
    text: Buffer.from(bytes).toString(),
    statement,
  })),
  tiles: tiles.map((tile) => ({ ...tile, bytes: Buffer.from(tile.bytes).toString('base64') })),
});

/** False where somebody else moved it. */
async function moveHead(elastic: Elastic, growth: Growth, last: Found | undefined): Promise<boolean> {
  const { cluster, client } = elastic;
  try {
    await write(elastic, 'appending to the log of reports', (wait) =>
      client.index({
        ...wait,
        index: elastic.index('log-heads'),
        id: documentId(cluster),
        document: { cluster, size: growth.head.size, growth: JSON.stringify(growth) },
        ...(last === undefined
          ? { op_type: 'create' }
          : { if_seq_no: last.seqNo, if_primary_term: last.primaryTerm }),
      }),
    );
    return true;
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    return false;
  }
}

/**
 * Writes entries and tiles where they stay; tiles that have grown since stay as they are. One head has one entry of a number: whatever else stands
 * in its place was written by somebody else beside the log, and gives way.
 */
async function writeDown(elastic: Elastic, { before, entries, tiles }: Growth): Promise<void> {
  const { cluster } = elastic;
  const writes: DocumentWrite[] = [
    ...entries.map(({ run, text, statement }, i) => ({
      op: 'index' as const,
      index: elastic.index('log-entries'),
      id: entryId(elastic, before + i),
      document: { cluster, number: before + i, run, entry: text, statement },
    })),
    ...tiles.map((tile) => ({
      op: 'index' as const,
      index: elastic.index('log-tiles'),
      id: tileId(elastic, tile),
      version: tile.width,
      document: { cluster, bytes: tile.bytes },
    })),
  ];
  await bulk(elastic, writes);
}

async function storedTiles(elastic: Elastic, places: readonly TilePlace[]): Promise<(string | undefined)[]> {
  const ids = places.map((place) => tileId(elastic, place));
  const tiles = await documents<{ bytes: string }>(elastic, 'log-tiles', ids);
  return tiles.map((tile) => tile?.bytes);
}

function tileOf(place: TilePlace, stored: string | undefined, last: Growth | undefined): Uint8Array {
  const { level, index, width } = place;
  const newest = last?.tiles.find((tile) => tile.level === level && tile.index === index)?.bytes;
  for (const text of [stored, newest]) {
    const bytes = Buffer.from(text ?? '', 'base64');
    if (bytes.length >= width * HASH_BYTES) return bytes;
  }
  throw lacking(`tile ${index} of level ${level}`);
}

/** Documents by their ids, in that order. */
async function documents<T>(
  elastic: Elastic,
  name: string,
  ids: readonly string[],
): Promise<(T | undefined)[]> {
  if (ids.length === 0) return [];
  const { docs } = await elastic.call('reading the log of reports', () =>
    elastic.client.mget<T>({ index: elastic.index(name), ids: [...ids] }),
  );
  return docs.map((doc) => ('_source' in doc ? doc._source : undefined));
}

const MISSING_MAX = 256;
const BESIDE_MAX = 1_000;

/** Of those before the newest as they are written down, of the newest as the head has them. */
async function missing(elastic: Elastic): Promise<number[]> {
  const growth = (await found(elastic))?.growth;
  if (growth === undefined) return [];
  const { before, entries, head } = growth;
  const end = before + entries.length;
  const newest = Array.from({ length: Math.max(0, head.size - end) }, (_, i) => end + i);
  return [...(await notWritten(elastic, before)), ...newest].slice(0, MISSING_MAX);
}

/** What was appended last stands in the head, and where it stays. */
async function differing(elastic: Elastic): Promise<string[]> {
  const growth = (await found(elastic))?.growth;
  if (growth === undefined) return [];
  const { before, entries, tiles } = growth;
  const problems: string[] = [];
  const ids = entries.map((_, i) => entryId(elastic, before + i));
  const written = await documents<WrittenEntry>(elastic, 'log-entries', ids);
  for (const [i, { run, text, statement }] of entries.entries()) {
    const kept = written[i];
    if (kept === undefined) continue;
    const isSame =
      kept.number === before + i && kept.run === run && kept.entry === text && kept.statement === statement;
    if (!isSame) problems.push(standsTwice(`entry ${before + i}`));
  }
  const stored = await storedTiles(elastic, tiles);
  for (const [i, { level, index, bytes }] of tiles.entries()) {
    const [kept, newest] = [Buffer.from(stored[i] ?? bytes, 'base64'), Buffer.from(bytes, 'base64')];
    // It may have grown meanwhile.
    if (!kept.subarray(0, newest.length).equals(newest))
      problems.push(standsTwice(`tile ${index} of level ${level}`));
  }
  const beside = await countBeside(elastic);
  return beside === 0 ? problems : [...problems, besideTheLog(beside)];
}

/** How many entries are written down that the head does not have, as far as they are counted. The head moves first: it is looked at again behind them. */
async function countBeside(elastic: Elastic): Promise<number> {
  const sizeNow = async () => (await found(elastic))?.growth.head.size ?? 0;
  const before = await sizeNow();
  const index = elastic.index('log-entries');
  await refresh(elastic, index);
  const { hits } = await elastic.call('reading the log of reports', () =>
    elastic.client.search<{ number: number }>({
      index,
      ignore_unavailable: true,
      query: {
        bool: {
          filter: [{ term: { cluster: elastic.cluster } }],
          must_not: [{ range: { number: { gte: 0, lt: before } } }],
        },
      },
      _source: ['number'],
      size: BESIDE_MAX,
      track_total_hits: false,
    }),
  );
  if (hits.hits.length === 0) return 0;
  const size = await sizeNow();
  return hits.hits.filter(({ _source: entry }) => {
    const number = entry?.number ?? -1;
    return number < 0 || number >= size;
  }).length;
}

interface WrittenEntry {
  readonly number: number;
  readonly run: string;
  readonly entry: string;
  readonly statement?: string;
}

const standsTwice = (what: string): string =>
  `Of the log of reports ${what} stands in the store twice, in its head and where it stays, and says two things.`;

async function notWritten(elastic: Elastic, before: number): Promise<number[]> {
  if ((await writtenCount(elastic, before)) >= before) return [];
  const numbers: number[] = [];
  for (let from = 0; from < before && numbers.length < MISSING_MAX; from += PAGE) {
    const batch = Array.from({ length: Math.min(PAGE, before - from) }, (_, i) => from + i);
    const ids = batch.map((number) => entryId(elastic, number));
    const written = await documents<object>(elastic, 'log-entries', ids);
    numbers.push(...batch.filter((_, i) => written[i] === undefined));
  }
  return numbers;
}

/** How many of the entries before `before` are written down. */
async function writtenCount(elastic: Elastic, before: number): Promise<number> {
  if (before === 0) return 0;
  const index = elastic.index('log-entries');
  await refresh(elastic, index);
  const { count } = await elastic.call('reading the log of reports', () =>
    elastic.client.count({
      index,
      ignore_unavailable: true,
      query: {
        bool: {
          filter: [{ term: { cluster: elastic.cluster } }, { range: { number: { gte: 0, lt: before } } }],
        },
      },
    }),
  );
  return count;
}

/** The numbers of the entries about runs: of the newest as the head has them, of the others as they are written down. */
async function numbersOf(elastic: Elastic, runs: readonly string[]): Promise<Map<string, number>> {
  const { before = 0, entries = [] } = (await found(elastic))?.growth ?? {};
  const newest = new Map(entries.map(({ run }, i) => [run, before + i]));
  const numbers = await writtenNumbers(
    elastic,
    runs.filter((run) => !newest.has(run)),
    before,
  );
  for (const run of runs) if (newest.has(run)) numbers.set(run, newest.get(run)!);
  return numbers;
}

/** The numbers of the entries before `before` that are written down about runs. */
async function writtenNumbers(
  elastic: Elastic,
  runs: readonly string[],
  before: number,
): Promise<Map<string, number>> {
  if (runs.length === 0) return new Map();
  const index = elastic.index('log-entries');
  await refresh(elastic, index);
  const { hits } = await elastic.call('reading the log of reports', () =>
    elastic.client.search<{ run: string; number: number }>({
      index,
      ignore_unavailable: true,
      query: {
        bool: {
          filter: [
            { term: { cluster: elastic.cluster } },
            { terms: { run: [...runs] } },
            { range: { number: { gte: 0, lt: before } } },
          ],
        },
      },
      _source: ['run', 'number'],
      size: runs.length,
      track_total_hits: false,
    }),
  );
  return new Map(hits.hits.flatMap(({ _source: entry }) => (entry ? [[entry.run, entry.number]] : [])));
}

/** Of the newest as the head has them, of the others as they are written down. */
async function numbersOfKeys(elastic: Elastic): Promise<number[]> {
  const { before = 0, entries = [] } = (await found(elastic))?.growth ?? {};
  const numbers: number[] = [];
  const written = readAll<{ number: number }>(elastic, {
    index: elastic.index('log-entries'),
    query: {
      bool: {
        filter: [
          { term: { cluster: elastic.cluster } },
          { prefix: { run: OF_KEYS } },
          { range: { number: { gte: 0, lt: before } } },
        ],
      },
    },
    sort: [{ number: 'asc' }],
    fields: ['number'],
  });
  for await (const { number } of written) numbers.push(number);
  for (const [i, { run }] of entries.entries()) if (isOfKey(run)) numbers.push(before + i);
  return numbers;
}

async function* unlogged(elastic: Elastic): AsyncGenerator<ArchivedHeader> {
  const archived = readPlaced<Omit<HeaderSource, 'header'>>(elastic, {
    index: elastic.index('report-headers'),
    query: { term: { cluster: elastic.cluster } },
    sort: [{ end: 'asc' }, { id: 'asc' }],
    fields: ['cluster', 'id', 'reportName', 'reportType', 'start', 'end', 'sequence'],
  });
  for await (const page of chunks(archived, PAGE)) {
    const logged = await numbersOf(
      elastic,
      page.map(({ source: { id } }) => id),
    );
    for (const { place, source } of page) {
      if (logged.has(source.id)) continue;
      const document = await getDocument<{ header: string }>(elastic, elastic.index('report-headers'), place);
      if (document === undefined) continue;
      const { header, isMisplaced } = keptIn(elastic, place, { ...source, header: document.source.header });
      if (!isMisplaced && headerDamage(header) === undefined) yield header;
    }
  }
}
