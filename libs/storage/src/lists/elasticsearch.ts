import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId, monthOf } from '../elasticsearch/documents.ts';
import { getDocument, readAll } from '../elasticsearch/read.ts';
import { FLAG, INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { hourOf, type KeptList, type Lists } from './lists.ts';
import { askPacked, packedUids } from './packed-uids.ts';

/** The indices of lists, one for each month. */
export const LIST_TEMPLATE: IndexTemplate = {
  pattern: 'lists-*',
  properties: {
    cluster: KEYWORD,
    group: KEYWORD,
    resource: KEYWORD,
    at: INSTANT,
    resourceVersion: STORED,
    isWhole: FLAG,
    isSure: FLAG,
    teller: STORED,
    toldAt: INSTANT,
    uids: STORED,
  },
};

const HEADER = [
  'group',
  'resource',
  'at',
  'resourceVersion',
  'isWhole',
  'isSure',
  'teller',
  'toldAt',
] as const satisfies readonly (keyof KeptList)[];

type ListDocument = KeptList & { readonly cluster: string; readonly uids: string };

/** The lists that were taken of one cluster, in Elasticsearch. */
export function elasticsearchLists(elastic: Elastic): Lists {
  const { cluster } = elastic;
  const placeOf = ({
    group,
    resource,
    at,
    isSure,
  }: Pick<KeptList, 'group' | 'resource' | 'at' | 'isSure'>) => ({
    index: elastic.index(`lists-${monthOf(at)}`),
    id: documentId(cluster, group, resource, hourOf({ at }), String(isSure)),
  });
  return {
    async append({ uids, ...list }, told) {
      const document: ListDocument = {
        cluster,
        ...list,
        ...told,
        uids: packedUids(uids).toString('base64'),
      };
      await bulk(elastic, [{ op: 'index', ...placeOf(document), version: list.at, document }]);
    },

    async since(instant, kinds) {
      const found: KeptList[] = [];
      if (kinds.length === 0) return found;
      const documents = readAll<KeptList>(elastic, {
        index: elastic.index('lists-*'),
        query: {
          bool: {
            filter: [{ term: { cluster } }, { range: { at: { gte: instant } } }],
            should: kinds.map(({ group, resource }) => ({
              bool: { filter: [{ term: { group } }, { term: { resource } }] },
            })),
            minimum_should_match: 1,
          },
        },
        sort: [{ at: 'asc' }, { _shard_doc: 'asc' }],
        fields: HEADER,
      });
      for await (const list of documents) found.push(list);
      return found;
    },

    async asked(list) {
      const { index, id } = placeOf(list);
      const found = await getDocument<ListDocument>(elastic, index, id);
      return found?.source.at === list.at ? askPacked(Buffer.from(found.source.uids, 'base64')) : undefined;
    },
  };
}
