import type { estypes } from '@elastic/elasticsearch';
import { isParent, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { bulk } from '../elasticsearch/bulk.ts';
import { write, type Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId } from '../elasticsearch/documents.ts';
import { getDocument, readAll, refresh } from '../elasticsearch/read.ts';
import {
  DATE,
  FLAG,
  INSTANT,
  KEYWORD,
  NUMBER,
  STORED,
  type IndexTemplate,
} from '../elasticsearch/templates.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import {
  byName,
  LIST_MAX,
  moves,
  STATES,
  type KnownReport,
  type WindowPlace,
  type WindowRecord,
  type Windows,
  type WindowState,
} from './windows.ts';

/** The index of all windows, and that of the reports' first appearances. */
export const WINDOW_TEMPLATES: readonly IndexTemplate[] = [
  {
    pattern: 'windows',
    properties: {
      '@timestamp': DATE,
      cluster: KEYWORD,
      id: KEYWORD,
      reportName: KEYWORD,
      start: INSTANT,
      end: INSTANT,
      manual: FLAG,
      clusters: KEYWORD,
      window: STORED,
      state: KEYWORD,
      attempt: NUMBER,
      reason: STORED,
      emittedAt: INSTANT,
      changedAt: INSTANT,
    },
  },
  { pattern: 'global-reports', properties: { cluster: KEYWORD, reportName: KEYWORD, report: STORED } },
  { pattern: 'report-names', properties: { cluster: KEYWORD, reportName: KEYWORD, appeared: INSTANT } },
];

interface WindowDocument {
  readonly '@timestamp': string;
  readonly cluster: string;
  readonly id: string;
  readonly reportName: string;
  /** Absent where an older release kept it. */
  readonly start?: Instant;
  readonly end: Instant;
  readonly manual: boolean;
  /** Those that were chosen, of a run over many clusters. */
  readonly clusters?: readonly string[];
  readonly window: string;
  readonly state: WindowState;
  readonly attempt: number;
  readonly reason?: string;
  readonly emittedAt: Instant;
  readonly changedAt: Instant;
}

/**
 * Windows in Elasticsearch. A window is created once under its own id; its state changes only where nobody else changed
 * it meanwhile.
 */
export function elasticsearchWindows(elastic: Elastic): Windows {
  const { client, cluster } = elastic;
  const index = elastic.index('windows');
  const names = elastic.index('report-names');
  const globalReports = elastic.index('global-reports');
  const idOf = (id: string) => documentId(cluster, id);

  const move = async (
    id: string,
    state: WindowState,
    attempt: number,
    at: Instant,
    reason?: string,
  ): Promise<void> => {
    for (;;) {
      const found = await getDocument<WindowDocument>(elastic, index, idOf(id));
      if (found === undefined || !moves(found.source, state, attempt)) return;
      const { reason: _past, ...kept } = found.source;
      const document = {
        ...kept,
        state,
        attempt: Math.max(kept.attempt, attempt),
        changedAt: at,
        ...(reason !== undefined && { reason }),
      };
      try {
        await write(elastic, 'keeping the state of a window', (wait) =>
          client.index({
            ...wait,
            index,
            id: idOf(id),
            document,
            if_seq_no: found.seqNo,
            if_primary_term: found.primaryTerm,
          }),
        );
        return;
      } catch (error) {
        // Somebody else changed it: look again.
        if (statusOf(error) !== 409) throw error;
      }
    }
  };

  const search = async (
    filter: readonly object[],
    size: number,
    { order = 'desc', after }: { order?: 'asc' | 'desc'; after?: WindowPlace | undefined } = {},
  ) => {
    await refresh(elastic, index);
    const { hits } = await elastic.call('listing windows', () =>
      client.search<WindowDocument>({
        index,
        ignore_unavailable: true,
        query: { bool: { filter: [{ term: { cluster } }, ...filter] } },
        sort: [{ end: { order, unmapped_type: 'long' } }, { id: { order: 'asc', unmapped_type: 'keyword' } }],
        size,
        track_total_hits: true,
        ...(after !== undefined && { search_after: [after.end, after.id] }),
      }),
    );
    const { total } = hits;
    return {
      documents: hits.hits.flatMap(({ _source: source }) => source ?? []),
      count: typeof total === 'number' ? total : (total?.value ?? 0),
    };
  };
  const reportsNow = async () => {
    const reports: KnownReport[] = [];
    const documents = readAll<{ report: string }>(elastic, {
      index: globalReports,
      query: { term: { cluster } },
      sort: [{ reportName: 'asc' }],
    });
    for await (const { report } of documents) reports.push(JSON.parse(report) as KnownReport);
    return reports;
  };
  const scheduled = (reportName: string) => [{ term: { reportName } }, { term: { manual: false } }];

  return {
    async appeared(reportName, at) {
      const id = documentId(cluster, reportName);
      await bulk(elastic, [
        { op: 'create', index: names, id, document: { cluster, reportName, appeared: at } },
      ]);
      const found = await getDocument<{ appeared: Instant }>(elastic, names, id);
      return found?.source.appeared ?? at;
    },

    async emit(windows, at) {
      const written = await bulk(
        elastic,
        windows.map((window) => ({
          op: 'create',
          index,
          id: idOf(window.id),
          document: documentOf(cluster, window, at),
        })),
      );
      return windows.filter((_, i) => written[i]);
    },

    async again(id, at) {
      const found = await getDocument<WindowDocument>(elastic, index, idOf(id));
      if (found?.source.state !== 'failed') return;
      const { reason: _past, ...kept } = found.source;
      const document = { ...kept, state: 'emitted', attempt: 0, emittedAt: at, changedAt: at };
      // Where somebody else changed it meanwhile, it is not failed any more.
      await bulk(elastic, [{ op: 'index', index, id: idOf(id), document, after: found }]);
    },

    begin: (id, attempt, at) => move(id, 'running', attempt, at),
    complete: (id, at) => move(id, 'completed', 0, at),
    fail: (id, reason, attempts, at) => move(id, 'failed', attempts, at, reason),

    async get(id) {
      const found = await getDocument<WindowDocument>(elastic, index, idOf(id));
      return found && recordOf(found.source);
    },

    async list({ reportName, reportNames, states = STATES, parents, limit = LIST_MAX, after } = {}) {
      const filter = [
        ...(reportName === undefined ? [] : [{ term: { reportName } }]),
        ...(reportNames === undefined ? [] : [{ terms: { reportName: reportNames } }]),
        ...(parents === true ? [OF_MANY] : []),
        { terms: { state: [...states] } },
      ];
      const { documents } = await search(filter, limit, { after });
      return documents.map(recordOf);
    },

    parentReports: () => countParents(elastic, index),

    async lastEnd(reportName) {
      const { documents } = await search(scheduled(reportName), 1);
      return documents[0]?.end;
    },

    async firstStart(reportName) {
      const { documents } = await search(scheduled(reportName), 1, { order: 'asc' });
      return documents[0] && recordOf(documents[0]).window.start;
    },

    async active(reportName) {
      const { count } = await search(
        [...scheduled(reportName), { terms: { state: ['emitted', 'running'] } }],
        0,
      );
      return count;
    },

    async keepReports(reports) {
      const placeOf = (name: string) => ({ index: globalReports, id: documentId(cluster, name) });
      const kept = new Set(reports.map(({ name }) => name));
      const gone = (await reportsNow()).filter(({ name }) => !kept.has(name));
      await bulk(elastic, [
        ...reports.map((report) => ({
          op: 'index' as const,
          ...placeOf(report.name),
          document: { cluster, reportName: report.name, report: JSON.stringify(report) },
        })),
        ...gone.map(({ name }) => ({ op: 'delete' as const, ...placeOf(name) })),
      ]);
    },

    reports: async () => (await reportsNow()).sort(byName),
  };
}

const OF_MANY = { exists: { field: 'clusters' } };
/** Reports that are counted with one question. */
const COUNTED_AT_ONCE = 1_000;

async function countParents(elastic: Elastic, index: string): Promise<ReadonlyMap<string, number>> {
  await refresh(elastic, index);
  const counted = new Map<string, number>();
  for (let after: Readonly<Record<string, string>> | undefined; ;) {
    const { aggregations } = await elastic.call('counting runs over many clusters', () =>
      elastic.client.search<unknown, { reports?: estypes.AggregationsCompositeAggregate }>({
        index,
        ignore_unavailable: true,
        query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, OF_MANY] } },
        size: 0,
        aggs: {
          reports: {
            composite: {
              size: COUNTED_AT_ONCE,
              sources: [{ name: { terms: { field: 'reportName' } } }],
              ...(after !== undefined && { after }),
            },
          },
        },
      }),
    );
    const { buckets = [], after_key: next } = aggregations?.reports ?? {};
    for (const { key, doc_count: runs } of buckets as estypes.AggregationsCompositeBucket[])
      counted.set(String(key['name']), runs);
    if (next === undefined) return counted;
    after = next as Readonly<Record<string, string>>;
  }
}

function documentOf(cluster: string, window: ReportWindow, at: Instant): WindowDocument {
  return {
    '@timestamp': dateOf(window.end),
    cluster,
    id: window.id,
    reportName: window.reportName,
    start: window.start,
    end: window.end,
    manual: window.manual,
    ...(isParent(window) && { clusters: window.clusters }),
    window: JSON.stringify(window),
    state: 'emitted',
    attempt: 0,
    emittedAt: at,
    changedAt: at,
  };
}

function recordOf({ window, state, attempt, reason, emittedAt, changedAt }: WindowDocument): WindowRecord {
  return {
    window: JSON.parse(window) as ReportWindow,
    state,
    attempt,
    ...(reason !== undefined && { reason }),
    emittedAt,
    changedAt,
  };
}
