import type { estypes } from '@elastic/elasticsearch';
import type { Instant, Key } from '@margay/ground';
import {
  CLOCKS_APART_MAX,
  TWO_CLUSTERS,
  type DoubtSince,
  type Meeting,
  type NumberedSight,
} from '@margay/history';
import type { Elastic } from '../elasticsearch/connection.ts';
import { readAll } from '../elasticsearch/read.ts';
import { keyIdOf } from './elastic-documents.ts';
import type { Numbers } from './history.ts';

/** What of the document of a change is read here. */
interface NumberedDocument extends Key {
  readonly uid: string;
  readonly number: string;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly isBirth: boolean;
}

/** How many numbers are asked for at once. */
const NUMBERS_AT_ONCE = 1_000;
/** Of those that may have outlived a creation, so many that were created last are looked at. */
const BIRTHS_MAX = 500;

/** What the numbers in Elasticsearch say of whether one cluster tells all changes. */
export const elasticNumbers = (elastic: Elastic): Numbers => ({
  meetings: (sights) => meetings(elastic, sights),
  outliving: (birth) => outliving(elastic, birth),
  firstOutlivedBy: (by) => firstOutlivedBy(elastic, by),
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
      _source: ['group', 'resource', 'namespace', 'name', 'uid', 'number', 'at', 'receivedAt', 'isBirth'],
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, ...filter] } },
    }),
  );
  return hits.hits.flatMap(({ _source: source }) => (source === undefined ? [] : [sightOf(source)]));
}

/** What is asked for is compared with itself, and with all others: most documents that are found would be those just written. */
async function meetings(elastic: Elastic, sights: readonly NumberedSight[]): Promise<Meeting[]> {
  const found = meetingsOf(sights, sights).filter(([first, second]) => first.at <= second.at);
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

async function outliving(
  elastic: Elastic,
  { resourceVersion, receivedAt, at, ...of }: NumberedSight,
): Promise<NumberedSight | undefined> {
  if (!isCounted(resourceVersion)) return undefined;
  const older = await find(elastic, {
    size: BIRTHS_MAX,
    sort: [{ at: 'desc' }],
    filter: [
      ...birthsOf(of),
      { range: { number: { gt: resourceVersion } } },
      { range: { at: { lt: receivedAt - CLOCKS_APART_MAX } } },
    ],
  });
  if (older.length === 0) return undefined;
  const [seen] = await find(elastic, {
    size: 1,
    sort: [{ at: 'asc' }],
    filter: [
      ...numberedOf(of),
      { terms: { uid: older.map(({ uid }) => uid) } },
      { range: { receivedAt: { gt: at + CLOCKS_APART_MAX } } },
    ],
  });
  return older.find(({ uid }) => uid === seen?.uid);
}

async function firstOutlivedBy(
  elastic: Elastic,
  { resourceVersion, uid, at, ...of }: NumberedSight,
): Promise<NumberedSight | undefined> {
  const [last] = await find(elastic, {
    size: 1,
    sort: [{ receivedAt: 'desc' }],
    filter: [...numberedOf(of), { term: { uid } }],
  });
  if (last === undefined || !isCounted(resourceVersion)) return undefined;
  const [first] = await find(elastic, {
    size: 1,
    sort: [{ at: 'asc' }],
    filter: [
      ...birthsOf(of),
      { range: { number: { lt: resourceVersion } } },
      { range: { receivedAt: { gt: at + CLOCKS_APART_MAX } } },
      { range: { at: { lt: last.receivedAt - CLOCKS_APART_MAX } } },
    ],
  });
  return first;
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

/** Whether it is in the field of numbers: what is longer is none of etcd's. */
const isCounted = (number: string): boolean => number.length <= 18;

const ofKind = ({ group, resource }: Pick<Key, 'group' | 'resource'>) => [
  { term: { group } },
  { term: { resource } },
];

const birthsOf = (of: Pick<Key, 'group' | 'resource'>) => [...ofKind(of), { term: { isBirth: true } }];

const numberedOf = (of: Pick<Key, 'group' | 'resource'>) => [...ofKind(of), { exists: { field: 'number' } }];

const sightOf = ({ number, isBirth, ...sight }: NumberedDocument): NumberedSight => ({
  ...sight,
  resourceVersion: String(number),
  ...(isBirth && { created: true }),
});

function meetingsOf(sights: readonly NumberedSight[], others: readonly NumberedSight[]): Meeting[] {
  const byNumber = Map.groupBy(others, ({ resourceVersion }) => resourceVersion);
  return sights.flatMap((sight): Meeting[] => {
    const other = byNumber.get(sight.resourceVersion)?.find(({ uid }) => uid !== sight.uid);
    if (other === undefined) return [];
    return [other.at <= sight.at ? [other, sight] : [sight, other]];
  });
}
