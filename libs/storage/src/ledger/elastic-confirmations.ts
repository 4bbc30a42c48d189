import type { estypes } from '@elastic/elasticsearch';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
import { KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { type Confirmation, CONFIRMATIONS_MAX, type Confirmations, LAST_CONFIRMED_MAX } from './ledger.ts';

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
        op: 'index',
        index: elastic.index('log-confirmations'),
        id: documentId(cluster, size, by),
        document: { cluster, ...confirmation },
      },
    ]);
  },

  confirmations: (size, after = '') =>
    confirmed(elastic, {
      which: { range: { size: { gte: size } } },
      sort: [{ size: 'asc' }, { by: 'asc' }],
      size: CONFIRMATIONS_MAX,
      search_after: [size, after],
    }),

  async *allConfirmations() {
    const kept = readAll<Confirmation>(elastic, {
      index: elastic.index('log-confirmations'),
      query: { term: { cluster: elastic.cluster } },
      sort: [{ _shard_doc: 'asc' }],
    });
    for await (const each of kept) yield confirmationIn(each);
  },

  lastConfirmed: (by, size) => {
    const which = { bool: { filter: [{ term: { by } }, { range: { size: { lte: size } } }] } };
    return confirmed(elastic, { which, sort: [{ size: 'desc' }], size: LAST_CONFIRMED_MAX });
  },
});

/** What is asked of the index. */
interface Question extends Pick<estypes.SearchRequest, 'search_after'> {
  readonly which: estypes.QueryDslQueryContainer;
  readonly sort: estypes.Sort;
  readonly size: number;
}

async function confirmed(elastic: Elastic, { which, ...asked }: Question): Promise<Confirmation[]> {
  const index = elastic.index('log-confirmations');
  await refresh(elastic, index);
  const { hits } = await elastic.call('reading what others signed of the log of reports', () =>
    elastic.client.search<Confirmation>({
      index,
      ignore_unavailable: true,
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, which] } },
      ...asked,
      track_total_hits: false,
    }),
  );
  return hits.hits.flatMap(({ _source: found }) => (found === undefined ? [] : [confirmationIn(found)]));
}

const confirmationIn = ({ size, checkpoint, by, kind, text }: Confirmation): Confirmation => ({
  size,
  checkpoint,
  by,
  kind,
  text,
});
