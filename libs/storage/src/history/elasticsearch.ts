import type { estypes } from '@elastic/elasticsearch';
import { compareTexts, type Instant, type Key, keyText, MINUTE, type Window } from '@margay/ground';
import {
  ENDING_RESOURCES,
  endsOf,
  firstSights,
  inferEnds,
  overlapping,
  restoreDoubts,
  type AskedName,
  type Change,
  type DoubtSince,
  type End,
  type EndedVersion,
  type Sight,
  type SightWindow,
  type Version,
} from '@margay/history';
import { chunks } from '../chunks.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
import {
  changeOfDocument,
  keyIdOf,
  versionOfDocument,
  type ChangeDocument,
  type VersionDocument,
} from './elastic-documents.ts';
import { elasticNumbers } from './elastic-numbers.ts';
import { elasticWriter, foldAnew } from './elastic-writer.ts';
import type { History, KindSummary, RepeatCount } from './history.ts';

const ENDED_FIELDS = [
  'resource',
  'namespace',
  'name',
  'uid',
  'resourceVersion',
  'validFrom',
  'validTo',
  'endedBy',
  'doubt',
] as const satisfies readonly (keyof EndedVersion)[];
type EndedDocument = Pick<VersionDocument, (typeof ENDED_FIELDS)[number]>;

const BUCKETS = 1_000;
/** Sights that the cluster's own counter numbered. */
const IS_NUMBERED = { exists: { field: 'number' } };
/** Where it is not known when it was published, by when its request came in. */
const publishedBefore = (before: Instant): estypes.QueryDslQueryContainer => ({
  bool: {
    should: [
      { range: { publishedAt: { lt: before } } },
      {
        bool: {
          must_not: [{ exists: { field: 'publishedAt' } }],
          filter: [{ range: { receivedAt: { lt: before } } }],
        },
      },
    ],
    minimum_should_match: 1,
  },
});
/** Bodies make the pages big: fewer at once. */
const VERSIONS_AT_ONCE = 1_000;
/** How many names are asked for at once. */
const NAMES_AT_ONCE = 20;

/** The history in Elasticsearch. How it is written, and why that may be repeated, is said at the writer. */
export function elasticsearchHistory(elastic: Elastic): History {
  const { client, cluster } = elastic;
  const ofCluster = { term: { cluster } };

  /** Every bucket of an aggregation over one or more values. */
  async function* buckets(
    index: string,
    query: estypes.QueryDslQueryContainer,
    sources: NonNullable<estypes.AggregationsCompositeAggregation['sources']>,
    aggs?: Record<string, estypes.AggregationsAggregationContainer>,
  ) {
    await refresh(elastic, index);
    let after: estypes.AggregationsCompositeAggregateKey | undefined;
    do {
      const { aggregations } = await elastic.call(`counting in ${index}`, () =>
        client.search<unknown, { by: estypes.AggregationsCompositeAggregate }>({
          index,
          ignore_unavailable: true,
          size: 0,
          query,
          aggs: {
            by: {
              composite: { size: BUCKETS, sources, ...(after !== undefined && { after }) },
              ...(aggs && { aggs }),
            },
          },
        }),
      );
      const found = (aggregations?.by.buckets ?? []) as {
        key: Record<string, unknown>;
        doc_count: number;
        [aggregation: string]: unknown;
      }[];
      for (const { key, doc_count: count, ...more } of found) yield { key, count, more };
      after = aggregations?.by.after_key;
    } while (after !== undefined);
  }

  const byKind = async (name: string): Promise<Map<string, number>> => {
    const counts = new Map<string, number>();
    const sources = [
      { group: { terms: { field: 'group' } } },
      { resource: { terms: { field: 'resource' } } },
    ];
    for await (const { key, count } of buckets(elastic.index(name), ofCluster, sources)) {
      counts.set(`${String(key['group'])}\n${String(key['resource'])}`, count);
    }
    return counts;
  };

  const allVersions = async (...filter: estypes.QueryDslQueryContainer[]): Promise<Version[]> => {
    const versions: Version[] = [];
    const documents = readAll<VersionDocument>(elastic, {
      index: elastic.index('versions-*'),
      query: { bool: { filter: [ofCluster, ...filter] } },
      sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
    });
    for await (const document of documents) versions.push(versionOfDocument(document));
    return versions;
  };

  const isTold = async ({ isBeginning, ...named }: AskedName, before: Instant): Promise<boolean> => {
    const { group, resource, namespace, name } = named;
    const key = keyIdOf(elastic, named);
    const ofKind = [ofCluster, { term: { group } }, { term: { resource } }, { term: { namespace } }];
    const begins = [
      { bool: { filter: [...ofKind, { prefix: { name } }] } },
      // Changes of older releases have no name but in their key, which is not readable where it is very long.
      { prefix: { key } },
    ];
    const filter = [
      isBeginning ? { bool: { should: begins } } : { term: { key } },
      { range: { at: { lt: before } } },
    ];
    const { hits } = await elastic.call('looking for a name', () =>
      client.search({
        index: elastic.index('changes-*'),
        ignore_unavailable: true,
        size: 1,
        terminate_after: 1,
        _source: false,
        query: { bool: { filter } },
      }),
    );
    return hits.hits.length > 0;
  };

  /** How many of the changes of each are there does not matter: one is enough. */
  const knownOf = async (uids: readonly string[], before: Instant): Promise<string[]> => {
    const earlier = Number.isFinite(before) ? [publishedBefore(before)] : [];
    const { aggregations } = await elastic.call('looking for objects', () =>
      client.search<unknown, { uids: { buckets: { key: string }[] } }>({
        index: elastic.index('changes-*'),
        ignore_unavailable: true,
        size: 0,
        query: { bool: { filter: [ofCluster, { terms: { uid: [...uids] } }, IS_NUMBERED, ...earlier] } },
        aggs: { uids: { terms: { field: 'uid', size: uids.length } } },
      }),
    );
    return (aggregations?.uids.buckets ?? []).map(({ key }) => key);
  };

  /** The first sights among changes of releases that did not say which ones are, by name. */
  const olderSights = async ({ from, before }: SightWindow): Promise<Map<string, Sight>> => {
    const documents = readAll<ChangeDocument>(elastic, {
      index: elastic.index('changes-*'),
      query: {
        bool: {
          filter: [ofCluster, { range: { at: { gte: from, lt: before } } }],
          must_not: [{ exists: { field: 'isSight' } }],
        },
      },
      sort: [{ at: 'asc' }, { _shard_doc: 'asc' }],
    });
    const sights = new Map<string, Sight>();
    for await (const document of documents) {
      for (const sight of firstSights([changeOfDocument(document)], { from, before })) {
        const name = keyText(sight);
        if (!sights.has(name)) sights.set(name, sight);
      }
    }
    return sights;
  };

  /** Every end of an object that others end with: contents are not read for it. */
  const endings = async (): Promise<End[]> => {
    const versions: EndedVersion[] = [];
    const documents = readAll<EndedDocument>(elastic, {
      index: elastic.index('versions-*'),
      query: { bool: { filter: [ofCluster, { terms: { resource: [...ENDING_RESOURCES] } }] } },
      sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
      fields: ENDED_FIELDS,
    });
    for await (const { doubt, ...ended } of documents)
      versions.push({ ...ended, ...(doubt !== undefined && { doubt: JSON.parse(doubt) as DoubtSince }) });
    return endsOf(versions);
  };

  return {
    append: elasticWriter(elastic),

    foldAnew: (signal) => foldAnew(elastic, signal),

    async *versions(window, { resources } = {}) {
      const { start, end } = window;
      const ends = await endings();
      const restored = await allVersions({ exists: { field: 'restoredBefore' } });
      yield* overlapping(restoreDoubts(restored), window);
      const current = { bool: { must_not: { exists: { field: 'validTo' } } } };
      const documents = readAll<VersionDocument>(elastic, {
        index: elastic.index('versions-*'),
        query: {
          bool: {
            filter: [
              ofCluster,
              { range: { validFrom: { lt: end } } },
              { bool: { should: [{ range: { validTo: { gt: start } } }, current] } },
              ...(resources === undefined ? [] : [{ terms: { resource: [...resources] } }]),
            ],
          },
        },
        sort: [
          ...(['group', 'resource', 'namespace', 'name'] as const).map((field) => ({
            [field]: 'asc' as const,
          })),
          { validFrom: 'asc' },
          { _shard_doc: 'asc' },
        ],
        page: VERSIONS_AT_ONCE,
      });
      for await (const versions of chunks(withoutMoving(documents), VERSIONS_AT_ONCE))
        yield* ended(versions, ends, window);
    },

    async *firstSights({ from, before }) {
      const older = await olderSights({ from, before });
      const filter = [
        ofCluster,
        { term: { isSight: true } },
        { range: { receivedAt: { gte: from } } },
        { range: { at: { lt: before } } },
      ];
      const sources = (['group', 'resource', 'namespace', 'name'] as const).map((field) => ({
        [field]: { terms: { field } },
      }));
      const first = {
        top_hits: { size: 1, sort: [{ at: 'asc' as const }], _source: { includes: ['uid', 'at'] } },
      };
      const index = elastic.index('changes-*');
      for await (const { key, more } of buckets(index, { bool: { filter } }, sources, { first })) {
        const { hits } = more['first'] as { hits: estypes.SearchHitsMetadata<Pick<Sight, 'uid' | 'at'>> };
        const seen = hits.hits[0]?._source;
        if (seen === undefined) continue;
        const sight: Sight = { ...(key as unknown as Key), ...seen };
        const before = older.get(keyText(sight));
        older.delete(keyText(sight));
        yield before !== undefined && before.at < sight.at ? before : sight;
      }
      yield* older.values();
    },

    async known(objects, before) {
      const uids = [...new Set(objects.map(({ uid }) => uid))];
      if (uids.length > 0) await refresh(elastic, elastic.index('changes-*'));
      const found = new Set<string>();
      for (let at = 0; at < uids.length; at += BUCKETS)
        for (const uid of await knownOf(uids.slice(at, at + BUCKETS), before)) found.add(uid);
      return found;
    },

    async told(asked, before) {
      if (asked.length > 0) await refresh(elastic, elastic.index('changes-*'));
      const told: AskedName[] = [];
      for (let at = 0; at < asked.length; at += NAMES_AT_ONCE) {
        const names = asked.slice(at, at + NAMES_AT_ONCE);
        const found = await Promise.all(names.map((name) => isTold(name, before)));
        told.push(...names.filter((_, i) => found[i]));
      }
      return told;
    },

    async repeats({ start, end }) {
      const query = { bool: { filter: [ofCluster, { range: { at: { gte: start, lt: end } } }] } };
      const sources = [{ minute: { histogram: { field: 'at', interval: MINUTE } } }];
      const repeats: RepeatCount[] = [];
      for await (const { key, count } of buckets(elastic.index('repeats-*'), query, sources)) {
        repeats.push({ minute: Number(key['minute']), count });
      }
      return repeats;
    },

    async span() {
      const index = elastic.index('changes-*');
      await refresh(elastic, index);
      type Bound = { value: number | null };
      const { aggregations } = await elastic.call('reading the span of the history', () =>
        client.search<unknown, { first: Bound; last: Bound }>({
          index,
          size: 0,
          query: ofCluster,
          aggs: { first: { min: { field: 'at' } }, last: { max: { field: 'at' } } },
        }),
      );
      const first = aggregations?.first.value ?? undefined;
      const last = aggregations?.last.value ?? undefined;
      return first === undefined || last === undefined ? undefined : { first, last };
    },

    async summary() {
      const [objects, versions, changes] = [
        await byKind('keys'),
        await byKind('versions-*'),
        await byKind('changes-*'),
      ];
      return [...objects].map(([kind, count]): KindSummary => {
        const [group = '', resource = ''] = kind.split('\n');
        return {
          group,
          resource,
          objects: count,
          versions: versions.get(kind) ?? 0,
          changes: changes.get(kind) ?? 0,
        };
      });
    },

    numbers: elasticNumbers(elastic),

    changesOf: async (key) => (await changesOfEach(elastic, [key]))[0]!,

    changesOfEach: (keys) => changesOfEach(elastic, keys),
  };
}

/** So many names are asked for with one search. */
const KEYS_AT_ONCE = 500;

async function changesOfEach(elastic: Elastic, keys: readonly Key[]): Promise<Change[][]> {
  const ids = keys.map((key) => keyIdOf(elastic, key));
  const changes = new Map(ids.map((id): [string, Change[]] => [id, []]));
  const distinct = [...changes.keys()];
  for (let at = 0; at < distinct.length; at += KEYS_AT_ONCE) {
    const documents = readAll<ChangeDocument>(elastic, {
      index: elastic.index('changes-*'),
      query: { terms: { key: distinct.slice(at, at + KEYS_AT_ONCE) } },
      sort: [{ at: 'asc' }, { _shard_doc: 'asc' }],
    });
    for await (const document of documents) changes.get(document.key)?.push(changeOfDocument(document));
  }
  for (const ofKey of changes.values()) ofKey.sort((a, b) => a.at - b.at || compareTexts(a.id, b.id));
  return ids.map((id) => changes.get(id)!);
}

/** The versions with the ends that follow from others', as far as they are in the window then. */
function ended(versions: readonly Version[], ends: readonly End[], window: Window): Version[] {
  return overlapping(inferEnds(versions, ends), window);
}

/**
 * The versions in their order, each once: one that is just moving to the month of its end is in two indices, and the
 * copy with the end counts. Such copies are neighbours, since they begin at the same instant.
 */
async function* withoutMoving(documents: AsyncIterable<VersionDocument>): AsyncGenerator<Version> {
  let held: VersionDocument | undefined;
  for await (const document of documents) {
    if (held !== undefined && isSame(held, document)) {
      if (document.validTo !== undefined) held = document;
      continue;
    }
    if (held !== undefined) yield versionOfDocument(held);
    held = document;
  }
  if (held !== undefined) yield versionOfDocument(held);
}

function isSame(a: VersionDocument, b: VersionDocument): boolean {
  return (
    a.key === b.key &&
    a.uid === b.uid &&
    a.resourceVersion === b.resourceVersion &&
    a.validFrom === b.validFrom
  );
}
