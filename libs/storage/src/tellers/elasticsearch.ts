import type { TellerFact } from '@margay/coverage';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import { INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { partsOf, type Tellers } from './tellers.ts';

/** The index of who tells. */
export const TELLER_TEMPLATE: IndexTemplate = {
  pattern: 'tellers',
  properties: {
    cluster: KEYWORD,
    what: KEYWORD,
    teller: KEYWORD,
    source: KEYWORD,
    to: KEYWORD,
    uid: KEYWORD,
    at: INSTANT,
    since: INSTANT,
    said: INSTANT,
    by: STORED,
    because: STORED,
  },
};

type TellerDocument = TellerFact & { readonly cluster: string };

/** Who tells, in Elasticsearch: each fact a document. */
export function elasticsearchTellers(elastic: Elastic): Tellers {
  const { client, cluster } = elastic;
  const index = elastic.index('tellers');
  const idOf = (parts: readonly (string | number)[]) => documentId(cluster, ...parts);
  return {
    async append(facts) {
      await bulk(
        elastic,
        facts.map((fact) => ({
          ...(fact.what === 'seen' ? { op: 'index', version: fact.at } : { op: 'create' }),
          index,
          id: idOf(partsOf(fact)),
          document: { cluster, ...fact },
        })),
      );
    },

    async facts() {
      const found: TellerFact[] = [];
      const documents = readAll<TellerDocument>(elastic, {
        index,
        query: {
          bool: { filter: [{ term: { cluster } }], must_not: [{ term: { what: 'object' } }] },
        },
        sort: [{ _shard_doc: 'asc' }],
      });
      for await (const { cluster: _, ...fact } of documents) found.push(fact);
      return found;
    },

    async tellersOf(uids) {
      const wanted = [...new Set(uids)];
      if (wanted.length === 0) return new Map();
      const { docs } = await elastic.call('reading who told of objects', () =>
        client.mget<TellerDocument & { readonly what: 'object' }>({
          index,
          ids: wanted.map((uid) => idOf(['object', uid])),
        }),
      );
      return new Map(
        docs.flatMap((doc) =>
          '_source' in doc && doc._source !== undefined
            ? [[doc._source.uid, doc._source.teller] as const]
            : [],
        ),
      );
    },
  };
}
