import type { estypes } from '@elastic/elasticsearch';
import type { Instant, Interval } from '@margay/ground';
import { FOLD, type Opened } from '@margay/history';
import type { DocumentWrite } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import { refresh } from '../elasticsearch/read.ts';
import { DATE, INSTANT, KEYWORD, NUMBER, type IndexTemplate } from '../elasticsearch/templates.ts';
import type { Arrivals, LateEvidence, Place, ReadWindow } from './arrivals.ts';

/** The indices of evidence, without prefix. */
const EVIDENCE = ['changes-*', 'trail-*', 'flows-*', 'coverage*', 'opened-*'] as const;

/** What changes show of the time before them, and what a folding says otherwise than another one, by the month in which that begins. */
export const OPENED_TEMPLATE: IndexTemplate = {
  pattern: 'opened-*',
  properties: {
    '@timestamp': DATE,
    cluster: KEYWORD,
    key: KEYWORD,
    eventId: KEYWORD,
    first: INSTANT,
    last: INSTANT,
    /** By which folding (`FOLD`) a name is told otherwise from `first` to `last`; absent from what an event shows. */
    fold: NUMBER,
  },
};

const placeOfOpened = (elastic: Elastic, key: string, start: Instant) => ({
  index: elastic.index(`opened-${monthOf(start)}`),
  id: documentId(key, start),
});

/** Takes back that something of a key was missed from an instant on. */
export const takeBackWrite = (elastic: Elastic, key: string, start: Instant): DocumentWrite => ({
  op: 'delete',
  ...placeOfOpened(elastic, key, start),
});

/** Notes what changes of a key show of the time before them: once, however often that is found out. */
export function openedWrite(elastic: Elastic, key: string, { start, end, event }: Opened): DocumentWrite {
  const { cluster } = elastic;
  return {
    op: 'create',
    ...placeOfOpened(elastic, key, start),
    document: {
      '@timestamp': dateOf(start),
      cluster,
      key,
      eventId: event,
      first: start,
      ...(end !== Infinity && { last: end }),
    },
  };
}

/** Notes that a name is told otherwise in a time; again, so that whoever read meanwhile came before it. */
export function derivedAnewWrite(elastic: Elastic, key: string, { start, end }: Interval): DocumentWrite {
  const { cluster } = elastic;
  return {
    op: 'index',
    index: elastic.index(`opened-${monthOf(start)}`),
    id: documentId(key, start, String(end), FOLD),
    document: {
      '@timestamp': dateOf(start),
      cluster,
      key,
      first: start,
      ...(end !== Infinity && { last: end }),
      fold: FOLD,
    },
  };
}

/** The month of an index, where it is of one. */
const MONTH = /-(\d{4}\.\d{2})$/;

/** Up to so many events are told apart, each by its id; beyond, Elasticsearch estimates how many there are. */
const EVENTS_TOLD_APART = 40_000;

/** So many reports are asked about with one request. */
const REPORTS_AT_ONCE = 50;

type Query = estypes.QueryDslQueryContainer;

/**
 * The order of arrival in Elasticsearch: its own sequence numbers, which grow with every write to an index. A place has for
 * each index the number up to which everything was written. Our indices have one shard; in one with more, where sequence numbers
 * are counted for each, what came later may be missed.
 */
export function elasticsearchArrivals(elastic: Elastic): Arrivals {
  const index = EVIDENCE.map((pattern) => elastic.index(pattern));
  const place = async (): Promise<Place> => {
    const { indices = {} } = await elastic.call('reading how far the evidence has come', () =>
      elastic.client.indices.stats({ index, metric: 'docs', level: 'shards' }),
    );
    return Object.fromEntries(
      Object.entries(indices).map(([name, { shards = {} }]) => [name, checkpointOf(shards)]),
    );
  };
  return {
    place,

    async isWhole({ place: then, window: { start, end } }) {
      const now = await place();
      const [from, to] = [monthOf(start), monthOf(end - 1)];
      return Object.keys(then).every((name) => {
        const [, month] = MONTH.exec(name) ?? [];
        return name in now || month === undefined || month < from || month > to;
      });
    },

    async later(reports) {
      if (reports.length === 0) return [];
      await refresh(elastic, index.join(','));
      const counted: LateEvidence[] = [];
      for (let at = 0; at < reports.length; at += REPORTS_AT_ONCE) {
        const searches = reports
          .slice(at, at + REPORTS_AT_ONCE)
          .flatMap((report) => [{ index, ignore_unavailable: true }, searchOf(elastic, report)]);
        const { responses } = await elastic.call('counting what came later', () =>
          elastic.client.msearch<unknown, Counted>({ searches }),
        );
        for (const response of responses) counted.push(countsOf(response as CountedReport));
      }
      return counted;
    },
  };
}

/** Up to where all shards' primaries have written everything. */
function checkpointOf(shards: Readonly<Record<string, estypes.IndicesStatsShardStats[]>>): number {
  const primaries = Object.values(shards).flat();
  return Math.min(...primaries.map(({ seq_no: seqNo }) => seqNo?.local_checkpoint ?? -1));
}

/** What Elasticsearch counts for one report. */
interface Counted {
  readonly events: {
    /** How many events, of what names its event. */
    readonly ids: { readonly value: number };
    /** What does not name it. */
    readonly old: { readonly doc_count: number };
  };
  readonly derivedAnew: { readonly keys: { readonly value: number } };
  readonly flows: { readonly doc_count: number };
  readonly deliveries: { readonly doc_count: number };
}

function searchOf(elastic: Elastic, { place, window: { start, end } }: ReadWindow) {
  const of = (pattern: string, ...conditions: readonly Query[]): Query => ({
    bool: { filter: [{ wildcard: { _index: { value: elastic.index(pattern) } } }, ...conditions] },
  });
  const changes = of('changes-*', { range: { at: { lt: end } } });
  const isAnew = { exists: { field: 'fold' } };
  const openedBy = (...shown: readonly Query[]) =>
    of(
      'opened-*',
      { range: { first: { lt: end } } },
      { bool: { must_not: [{ range: { last: { lte: start } } }] } },
      ...shown,
    );
  const opened = openedBy({ bool: { must_not: [isAnew] } });
  const refused = of('trail-*', { range: { at: { gte: start, lt: end } } }, { term: { refused: true } });
  return {
    size: 0,
    track_total_hits: false,
    query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, after(place)] } },
    aggs: {
      events: {
        filter: { bool: { should: [changes, opened, refused], minimum_should_match: 1 } },
        aggs: {
          ids: { cardinality: { field: 'eventId', precision_threshold: EVENTS_TOLD_APART } },
          // Changes of older releases do not name their event: each counts as one.
          old: { missing: { field: 'eventId' } },
        },
      },
      derivedAnew: {
        filter: openedBy(isAnew),
        aggs: { keys: { cardinality: { field: 'key', precision_threshold: EVENTS_TOLD_APART } } },
      },
      flows: {
        filter: of('flows-*', { range: { endAt: { gt: start } } }, { range: { startAt: { lt: end } } }),
      },
      deliveries: { filter: of('coverage*', { range: { last: { gte: start, lt: end } } }) },
    },
  };
}

/** What was written after a place; of an index that was not there then, all of it. */
function after(place: Place): Query {
  const known = Object.entries(place);
  return {
    bool: {
      minimum_should_match: 1,
      should: [
        ...known.map(([name, seqNo]): Query => ({
          bool: { filter: [{ term: { _index: name } }, { range: { _seq_no: { gt: seqNo } } }] },
        })),
        { bool: { must_not: [{ terms: { _index: known.map(([name]) => name) } }] } },
      ],
    },
  };
}

type CountedReport = { readonly aggregations?: Counted } | estypes.ErrorResponseBase;

function countsOf(response: CountedReport): LateEvidence {
  if ('error' in response) throw new Error(`Counting what came later: ${response.error.reason}`);
  const { events, derivedAnew, flows, deliveries } = response.aggregations ?? {};
  return {
    events: (events?.ids.value ?? 0) + (events?.old.doc_count ?? 0),
    derivedAnew: derivedAnew?.keys.value ?? 0,
    flows: flows?.doc_count ?? 0,
    deliveries: deliveries?.doc_count ?? 0,
  };
}
