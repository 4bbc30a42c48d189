import type { estypes } from '@elastic/elasticsearch';
import { compareTexts, type Instant, type Key } from '@margay/ground';
import {
  CLOCKS_APART_MAX,
  EVERYTHING,
  type Change,
  type DoubtSince,
  type Meeting,
  type NumberedSight,
} from '@margay/history';
import type { Elastic } from '../elasticsearch/connection.ts';
import { everyIndex, readAll } from '../elasticsearch/read.ts';
import { isCounted, keyIdOf } from './elastic-documents.ts';
import type { Copies, Numbers } from './history.ts';
import { copiesOf, meetingOf } from './meetings.ts';

/** What of the document of a change is read here. */
interface NumberedDocument extends Key {
  readonly uid: string;
  readonly number: string;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly isBirth: boolean;
  /** The change itself, as JSON. */
  readonly change: string;
}

const NUMBERED_FIELDS: (keyof NumberedDocument)[] = [
  'group',
  'resource',
  'namespace',
  'name',
  'uid',
  'number',
  'at',
  'receivedAt',
  'isBirth',
  'change',
];

/** How many numbers are asked for at once. */
const NUMBERS_AT_ONCE = 1_000;
/** So many creations are looked at of those that an object has outlived. */
const BIRTHS_MAX = 100;

/** What the numbers in Elasticsearch say of whether one cluster tells all changes. */
export const elasticNumbers = (elastic: Elastic): Numbers => ({
  meetings: (sights) => meetings(elastic, sights),
  birthOf: (sight) => birthOf(elastic, sight),
  outlivedBy: (birth, written) => outlivedBy(elastic, birth, written),
  copies: () => copies(elastic),
});

/** What to look for: the first ones, in the order asked for. */
interface Wanted {
  readonly size: number;
  readonly sort: estypes.Sort;
  readonly filter: readonly estypes.QueryDslQueryContainer[];
}

async function find(elastic: Elastic, { size, sort, filter }: Wanted): Promise<NumberedSight[]> {
  const { hits } = await elastic.call('comparing resourceVersions', () =>
    elastic.client.search<NumberedDocument>({
      ...everyIndex(elastic.index('changes-*')),
      size,
      sort,
      track_total_hits: false,
      _source: NUMBERED_FIELDS,
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, ...filter] } },
    }),
  );
  return hits.hits.flatMap(({ _source: source }) => (source === undefined ? [] : [sightOf(source)]));
}

/** What is asked for is compared with itself, too: what was written just now may not be found yet. */
async function meetings(elastic: Elastic, sights: readonly NumberedSight[]): Promise<Meeting[]> {
  const asked = Map.groupBy(sights, ({ resourceVersion }) => resourceVersion);
  const numbers = [...asked.keys()].filter(isCounted);
  const same = new Map<string, readonly NumberedSight[]>();
  for (let from = 0; from < numbers.length; from += NUMBERS_AT_ONCE) {
    const some = numbers.slice(from, from + NUMBERS_AT_ONCE);
    const shared = await sharedNumbers(elastic, some, asked);
    for (const [number, first] of await firstOf(elastic, shared)) same.set(number, first);
  }
  for (const [number, of] of asked)
    same.set(
      number,
      [...of, ...(same.get(number) ?? [])].toSorted((a, b) => a.at - b.at || compareTexts(a.uid, b.uid)),
    );
  return sights.flatMap((sight) => meetingOf(sight, same.get(sight.resourceVersion)));
}

/** Those of the numbers that more than one object was given, few as a rule. More may be among them where they have so many digits that they are not told apart here. */
async function sharedNumbers(
  elastic: Elastic,
  numbers: readonly string[],
  asked: ReadonlyMap<string, readonly NumberedSight[]>,
): Promise<string[]> {
  type Buckets<B = object> = { readonly buckets: readonly (B & { readonly key: string | number })[] };
  const { aggregations } = await elastic.call('comparing resourceVersions', () =>
    elastic.client.search<unknown, { numbers: Buckets<{ readonly uids: Buckets }> }>({
      ...everyIndex(elastic.index('changes-*')),
      size: 0,
      query: {
        bool: { filter: [{ term: { cluster: elastic.cluster } }, { terms: { number: [...numbers] } }] },
      },
      aggs: {
        numbers: {
          terms: { field: 'number', size: numbers.length },
          aggs: { uids: { terms: { field: 'uid', size: 2 } } },
        },
      },
    }),
  );
  const stored = new Map(
    aggregations?.numbers.buckets.map(({ key, uids }) => [Number(key), uids.buckets.map((uid) => uid.key)]),
  );
  return numbers.filter((number) => {
    const uids = asked.get(number)!.map(({ uid }) => uid);
    return new Set([...uids, ...(stored.get(Number(number)) ?? [])]).size > 1;
  });
}

/** Of each number the first sights of two objects, and the first writes of two: whichever is asked about, another one is among them. */
async function firstOf(
  elastic: Elastic,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, readonly NumberedSight[]>> {
  const first = new Map<string, NumberedSight[]>();
  if (numbers.length === 0) return first;
  const documents = readAll<NumberedDocument>(elastic, {
    index: elastic.index('changes-*'),
    query: {
      bool: { filter: [{ term: { cluster: elastic.cluster } }, { terms: { number: [...numbers] } }] },
    },
    sort: [{ at: 'asc' }, { uid: 'asc' }, { _shard_doc: 'asc' }],
    fields: NUMBERED_FIELDS,
  });
  for await (const document of documents) {
    const sight = sightOf(document);
    const known = first.get(sight.resourceVersion) ?? [];
    first.set(sight.resourceVersion, known);
    const alike = known.filter(({ written }) => written || !sight.written).map(({ uid }) => uid);
    if (!alike.includes(sight.uid) && new Set(alike).size < 2) known.push(sight);
  }
  return first;
}

async function birthOf(elastic: Elastic, { uid, ...of }: NumberedSight): Promise<NumberedSight | undefined> {
  const [first] = await find(elastic, {
    size: 1,
    sort: [{ at: 'asc' }],
    filter: [...birthsOf(of), { term: { uid } }],
  });
  return first;
}

async function outlivedBy(
  elastic: Elastic,
  { resourceVersion, at, ...of }: NumberedSight,
  { receivedAt }: NumberedSight,
): Promise<NumberedSight[]> {
  if (!isCounted(resourceVersion)) return [];
  return find(elastic, {
    size: BIRTHS_MAX,
    sort: [{ at: 'asc' }, { uid: 'asc' }],
    filter: [
      ...birthsOf(of),
      { range: { number: { lt: resourceVersion } } },
      { range: { receivedAt: { gt: at + CLOCKS_APART_MAX } } },
      { range: { at: { lt: receivedAt - CLOCKS_APART_MAX } } },
    ],
  });
}

async function copies(elastic: Elastic): Promise<Copies> {
  const documents = readAll<{ readonly doubt?: string; readonly validTo?: number }>(elastic, {
    index: elastic.index('versions-*'),
    query: { term: { key: keyIdOf(elastic, EVERYTHING) } },
    sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
    fields: ['doubt', 'validTo'],
  });
  const found: { readonly doubt: DoubtSince; readonly isOpen: boolean }[] = [];
  for await (const { doubt, validTo } of documents)
    if (doubt !== undefined)
      found.push({ doubt: JSON.parse(doubt) as DoubtSince, isOpen: validTo === undefined });
  return copiesOf(found);
}

const ofKind = ({ group, resource }: Pick<Key, 'group' | 'resource'>) => [
  { term: { group } },
  { term: { resource } },
];

const birthsOf = (of: Pick<Key, 'group' | 'resource'>) => [...ofKind(of), { term: { isBirth: true } }];

const sightOf = ({ number, isBirth, change, ...sight }: NumberedDocument): NumberedSight => ({
  ...sight,
  resourceVersion: String(number),
  ...(isBirth && { created: true }),
  ...((JSON.parse(change) as Change).actor !== undefined && { written: true }),
});
