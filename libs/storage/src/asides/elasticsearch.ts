import type { AsideMessage } from '@margay/coverage';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import { FLAG, INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { ANY_CLUSTER, type Asides } from './asides.ts';

/** The index of what was set aside of clusters that were not known. */
export const ASIDE_TEMPLATE: IndexTemplate = {
  pattern: 'asides',
  properties: {
    cluster: KEYWORD,
    place: KEYWORD,
    isOpen: FLAG,
    topic: STORED,
    what: STORED,
    after: INSTANT,
    before: INSTANT,
    message: STORED,
    except: KEYWORD,
  },
};

/** A message is a document: its first version says that it was set aside, its second one that it was settled. */
const [SET_ASIDE, SETTLED] = [1, 2] as const;

type AsideDocument = AsideMessage & { readonly cluster: string; readonly isOpen: boolean };

/** What was set aside of one cluster, in Elasticsearch. */
export function elasticsearchAsides(elastic: Elastic): Asides {
  const { client, cluster } = elastic;
  const index = elastic.index('asides');
  const written = (place: string, version: number, said: object) => ({
    op: 'index' as const,
    index,
    id: documentId(cluster, place),
    version,
    document: { cluster, place, ...said },
  });
  return {
    async append(some) {
      await bulk(
        elastic,
        some.map(({ place, ...said }) => written(place, SET_ASIDE, { isOpen: true, ...said })),
      );
    },

    async settle(places) {
      const wanted = [...new Set(places)];
      if (wanted.length === 0) return;
      // As a rule nothing was ever set aside, and there is no index: nobody is asked about each message of a batch.
      const isAny = await elastic.call('looking for what was set aside', () =>
        client.indices.exists({ index }),
      );
      if (!isAny) return;
      const { docs } = await elastic.call('reading what was set aside', () =>
        client.mget<AsideDocument>({
          index,
          ids: wanted.map((place) => documentId(cluster, place)),
          _source: ['place', 'isOpen'],
        }),
      );
      const open = docs.flatMap((doc) =>
        '_source' in doc && doc._source?.isOpen === true ? [doc._source.place] : [],
      );
      await bulk(
        elastic,
        open.map((place) => written(place, SETTLED, { isOpen: false })),
      );
    },

    async open() {
      const found: AsideMessage[] = [];
      const documents = readAll<AsideDocument>(elastic, {
        index,
        query: {
          bool: {
            filter: [{ terms: { cluster: [cluster, ANY_CLUSTER] } }, { term: { isOpen: true } }],
            must_not: [{ term: { except: cluster } }],
          },
        },
        sort: [{ _shard_doc: 'asc' }],
      });
      for await (const { cluster: _, isOpen: __, ...message } of documents) found.push(message);
      return found;
    },
  };
}
