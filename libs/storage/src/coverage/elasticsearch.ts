import type { estypes } from '@elastic/elasticsearch';
import { distantMark, extentOf, reachOf, restOf, type CoverageMark } from '@margay/coverage';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
import { FLAG, INSTANT, KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { byPlace, type Coverage } from './coverage.ts';

/** The index of all marks. */
export const COVERAGE_TEMPLATE: IndexTemplate = {
  pattern: 'coverage',
  properties: {
    cluster: KEYWORD,
    source: KEYWORD,
    from: NUMBER,
    to: NUMBER,
    lines: NUMBER,
    first: INSTANT,
    last: INSTANT,
    hasRest: FLAG,
    mark: STORED,
  },
};

type Query = estypes.QueryDslQueryContainer;
type Value = { readonly value: number | null };
interface SourceSum {
  readonly key: string;
  readonly lines: Value;
  readonly first: Value;
  readonly last: Value;
}

/** More sources than one cluster has API servers, logs and watched kinds. */
const SOURCES_MAX = 10_000;

/**
 * Coverage in Elasticsearch. A mark's document is known by source and `from`, and its version is `to`: one that says less
 * than what is there is refused.
 */
export function elasticsearchCoverage(elastic: Elastic): Coverage {
  const { client, cluster } = elastic;
  const index = elastic.index('coverage');
  const read = async (query: Query): Promise<CoverageMark[]> => {
    const marks: CoverageMark[] = [];
    const documents = readAll<{ mark: string }>(elastic, {
      index,
      query,
      sort: [{ source: 'asc' }, { from: 'asc' }, { _shard_doc: 'asc' }],
    });
    for await (const { mark } of documents) marks.push(JSON.parse(mark) as CoverageMark);
    return marks;
  };
  return {
    async append(marks) {
      await bulk(
        elastic,
        marks.map((mark) => {
          const { source, from, to, buckets, timeless, problems, problemsTotal } = mark;
          const text = JSON.stringify({ source, from, to, buckets, timeless, problems, problemsTotal });
          const document = {
            cluster,
            source,
            from,
            to,
            lines: to - from,
            ...extentOf(mark),
            hasRest: restOf(mark) !== undefined,
            mark: text,
          };
          return { op: 'index', index, id: documentId(cluster, source, from), document, version: to };
        }),
      );
    },

    async marks(window) {
      const ofCluster = { term: { cluster } };
      if (window === undefined) return read(ofCluster);
      const { lastFrom, firstBefore } = reachOf(window);
      const near: Query = {
        bool: {
          filter: [
            ofCluster,
            { range: { last: { gte: lastFrom } } },
            { range: { first: { lt: firstBefore } } },
          ],
        },
      };
      const far: Query = { bool: { filter: [ofCluster], must_not: [near] } };
      // In this order: a mark that comes in between is near, or as if it had come later.
      const marks = await read(near);
      const { aggregations } = await elastic.call(`reading ${index}`, () =>
        client.search<unknown, { sources: { buckets: SourceSum[] } }>({
          index,
          ignore_unavailable: true,
          size: 0,
          query: far,
          aggs: {
            sources: {
              terms: { field: 'source', size: SOURCES_MAX },
              aggs: {
                lines: { sum: { field: 'lines' } },
                first: { min: { field: 'first' } },
                last: { max: { field: 'last' } },
              },
            },
          },
        }),
      );
      const withRest = await read({ bool: { filter: [far, { term: { hasRest: true } }] } });
      const restsOf = Map.groupBy(withRest, ({ source }) => source);
      const distant = (aggregations?.sources.buckets ?? []).map(({ key: source, lines, first, last }) =>
        distantMark({
          source,
          lines: lines.value ?? 0,
          ...(first.value !== null && last.value !== null && { first: first.value, last: last.value }),
          rests: (restsOf.get(source) ?? []).flatMap((mark) => restOf(mark) ?? []),
        }),
      );
      return [...marks, ...distant].sort(byPlace);
    },

    async position(source) {
      await refresh(elastic, index);
      const { aggregations } = await elastic.call('reading where a source is to go on', () =>
        client.search<unknown, { position: { value: number | null } }>({
          index,
          ignore_unavailable: true,
          size: 0,
          query: { bool: { filter: [{ term: { cluster } }, { term: { source } }] } },
          aggs: { position: { max: { field: 'to' } } },
        }),
      );
      return aggregations?.position.value ?? 0;
    },
  };
}
