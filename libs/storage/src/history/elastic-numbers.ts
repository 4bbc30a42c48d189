import type { estypes } from '@elastic/elasticsearch';
import type { Instant, Key } from '@margay/ground';
import {
  CLOCKS_APART_MAX,
  TWO_CLUSTERS,
  type Change,
  type DoubtSince,
  type Meeting,
  type NumberedSight,
} from '@margay/history';
import type { Elastic } from '../elasticsearch/connection.ts';
import { readAll } from '../elasticsearch/read.ts';
import { isCounted, keyIdOf } from './elastic-documents.ts';
import type { Numbers } from './history.ts';
import { meetingOf } from './meetings.ts';

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

/** How many numbers are asked for at once. */
const NUMBERS_AT_ONCE = 1_000;
/** So many creations are looked at of those that an object has outlived. */
const BIRTHS_MAX = 100;

/** What the numbers in Elasticsearch say of whether one cluster tells all changes. */
export const elasticNumbers = (elastic: Elastic): Numbers => ({
  meetings: (sights) => meetings(elastic, sights),
  birthOf: (sight) => birthOf(elastic, sight),
  outlivedBy: (birth, written) => outlivedBy(elastic, birth, written),
  twoClusters: () => twoClusters(elastic),
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
      index: elastic.index('changes-*'),
      ignore_unavailable: true,
      size,
      sort,
      track_total_hits: false,
      _source: [
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
      ],
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, ...filter] } },
    }),
  );
  return hits.hits.flatMap(({ _source: source }) => (source === undefined ? [] : [sightOf(source)]));
}

/** What is asked for is compared with itself, and with all others: most documents that are found would be those just written. */
async function meetings(elastic: Elastic, sights: readonly NumberedSight[]): Promise<Meeting[]> {
  const found = meetingsOf(sights, sights);
  for (let from = 0; from < sights.length; from += NUMBERS_AT_ONCE) {
    const asked = sights.slice(from, from + NUMBERS_AT_ONCE);
    const others = await find(elastic, {
      size: NUMBERS_AT_ONCE,
      sort: [{ at: 'asc' }],
      filter: [
        { terms: { number: asked.map(({ resourceVersion }) => resourceVersion).filter(isCounted) } },
        { bool: { must_not: [{ terms: { uid: asked.map(({ uid }) => uid) } }] } },
      ],
    });
    found.push(...meetingsOf(asked, others));
  }
  return found;
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

async function twoClusters(elastic: Elastic): Promise<DoubtSince | undefined> {
  const documents = readAll<{ readonly doubt?: string }>(elastic, {
    index: elastic.index('versions-*'),
    query: { term: { key: keyIdOf(elastic, EVERYTHING) } },
    sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
    fields: ['doubt'],
  });
  for await (const { doubt } of documents) {
    const known = doubt === undefined ? undefined : (JSON.parse(doubt) as DoubtSince);
    if (known?.reason === TWO_CLUSTERS) return known;
  }
  return undefined;
}

/** The key of what is about everything. */
const EVERYTHING: Key = { group: '', resource: '', namespace: '', name: '' };

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

function meetingsOf(sights: readonly NumberedSight[], others: readonly NumberedSight[]): Meeting[] {
  const byNumber = Map.groupBy(others, ({ resourceVersion }) => resourceVersion);
  return sights.flatMap((sight) => meetingOf(sight, byNumber.get(sight.resourceVersion)));
}
