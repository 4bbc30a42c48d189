import type { estypes } from '@elastic/elasticsearch';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { refresh } from '../elasticsearch/read.ts';
import { KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { type Confirmation, CONFIRMATIONS_MAX, type Confirmations } from './ledger.ts';

/** The index of what others signed. */
export const CONFIRMATIONS_TEMPLATE: IndexTemplate = {
  pattern: 'log-confirmations',
  properties: {
    cluster: KEYWORD,
    size: NUMBER,
    by: KEYWORD,
    kind: KEYWORD,
    checkpoint: STORED,
    text: STORED,
  },
};

/** What others signed, in Elasticsearch. */
export const elasticsearchConfirmations = (elastic: Elastic): Confirmations => ({
  async confirm(confirmation) {
    const { cluster } = elastic;
    const { size, by } = confirmation;
    await bulk(elastic, [
      {
        op: 'create',
        index: elastic.index('log-confirmations'),
        id: documentId(cluster, size, by),
        document: { cluster, ...confirmation },
      },
    ]);
  },

  confirmations: (size) =>
    confirmed(
      elastic,
      { range: { size: { gte: size } } },
      [{ size: 'asc' }, { by: 'asc' }],
      CONFIRMATIONS_MAX,
    ),

  lastConfirmed: async (by) =>
    (await confirmed(elastic, { term: { by } }, [{ size: 'desc' }], 1))[0]?.size ?? 0,
});

async function confirmed(
  elastic: Elastic,
  which: estypes.QueryDslQueryContainer,
  sort: estypes.Sort,
  size: number,
): Promise<Confirmation[]> {
  const index = elastic.index('log-confirmations');
  await refresh(elastic, index);
  const { hits } = await elastic.call('reading what others signed of the log of reports', () =>
    elastic.client.search<Confirmation>({
      index,
      ignore_unavailable: true,
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, which] } },
      sort,
      size,
      track_total_hits: false,
    }),
  );
  return hits.hits.flatMap(({ _source: found }) => {
    if (found === undefined) return [];
    const { size: entries, checkpoint, by, kind, text } = found;
    return [{ size: entries, checkpoint, by, kind, text }];
  });
}
