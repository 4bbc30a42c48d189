import type { estypes } from '@elastic/elasticsearch';
import { Deliveries, extentOf, outlineOf, reachOf, type CoverageMark } from '@margay/coverage';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
import { INSTANT, KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import type { Coverage } from './coverage.ts';
import { markText } from './mark-text.ts';

/** The index of all marks. */
export const COVERAGE_TEMPLATE: IndexTemplate = {
  pattern: 'coverage',
  properties: {
    cluster: KEYWORD,
    source: KEYWORD,
    from: NUMBER,
    to: NUMBER,
    first: INSTANT,
    last: INSTANT,
    mark: STORED,
  },
};

/** Elasticsearch gives no more groups at once. */
const SOURCES_MAX = 10_000;

const BY_PLACE = [{ source: 'asc' }, { from: 'asc' }, { _shard_doc: 'asc' }] as const;

type Query = estypes.QueryDslQueryContainer;

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
      sort: BY_PLACE,
    });
    for await (const { mark } of documents) marks.push(JSON.parse(mark) as CoverageMark);
    return marks;
  };
  return {
    async append(marks) {
      await bulk(
        elastic,
        marks.map((mark) => {
          const { source, from, to } = mark;
          const document = {
            cluster,
            source,
            from,
            to,
            ...extentOf(mark),
            mark: markText(mark),
          };
          return { op: 'index', index, id: documentId(cluster, source, from), document, version: to };
        }),
      );
    },

    async marks(window) {
      const ofCluster = { term: { cluster } };
      if (window === undefined) return read(ofCluster);
      const { lastFrom, firstBefore } = reachOf(window);
      return read({
        bool: {
          filter: [
            ofCluster,
            { range: { last: { gte: lastFrom } } },
            { range: { first: { lt: firstBefore } } },
          ],
        },
      });
    },

    async deliveries(until) {
      const deliveries = new Deliveries(until);
      const documents = readAll<{ mark: string }>(elastic, {
        index,
        query: { term: { cluster } },
        sort: BY_PLACE,
        fields: ['mark'],
      });
      for await (const { mark } of documents) deliveries.add(outlineOf(JSON.parse(mark) as CoverageMark));
      return deliveries.all();
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

    async positions() {
      await refresh(elastic, index);
      type Bucket = { key: string; position: { value: number } };
      const { aggregations } = await elastic.call('reading where sources are to go on', () =>
        client.search<unknown, { sources: { buckets: Bucket[] } }>({
          index,
          ignore_unavailable: true,
          size: 0,
          query: { term: { cluster } },
          aggs: {
            sources: {
              terms: { field: 'source', size: SOURCES_MAX },
              aggs: { position: { max: { field: 'to' } } },
            },
          },
        }),
      );
      const buckets = aggregations?.sources.buckets ?? [];
      return new Map(buckets.map(({ key, position }) => [key, position.value]));
    },
  };
}
