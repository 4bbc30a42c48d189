import { flatPolicyEvent, policyEventOf, type FlatPolicyEvent } from '@margay/history';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import { DATE, FLAG, INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import type { Trail } from './trail.ts';

/** The indices of the trail: one for each month of `at`. */
export const TRAIL_TEMPLATE: IndexTemplate = {
  pattern: 'trail-*',
  properties: {
    '@timestamp': DATE,
    cluster: KEYWORD,
    eventId: KEYWORD,
    at: INSTANT,
    group: KEYWORD,
    resource: KEYWORD,
    namespace: KEYWORD,
    name: KEYWORD,
    verb: KEYWORD,
    user: KEYWORD,
    impersonated: KEYWORD,
    refused: FLAG,
    outcome: KEYWORD,
    event: STORED,
  },
};

/** The trail in Elasticsearch. An event's id is its document's, so that a repeat finds it there. */
export function elasticsearchTrail(elastic: Elastic): Trail {
  const { cluster } = elastic;
  return {
    async append(events) {
      const written = await bulk(
        elastic,
        events.map((event) => ({
          op: 'create',
          index: elastic.index(`trail-${monthOf(event.at)}`),
          id: documentId(cluster, event.eventId),
          document: { '@timestamp': dateOf(event.at), cluster, ...flatPolicyEvent(event) },
        })),
      );
      return written.filter(Boolean).length;
    },

    async *between({ start, end }, resources, object) {
      const documents = readAll<FlatPolicyEvent>(elastic, {
        index: elastic.index('trail-*'),
        query: {
          bool: {
            filter: [
              { term: { cluster } },
              { range: { at: { gte: start, lt: end } } },
              ...(resources ? [{ terms: { resource: [...resources] } }] : []),
              ...(object
                ? [{ terms: { namespace: [object.namespace, ''] } }, { terms: { name: [object.name, ''] } }]
                : []),
            ],
          },
        },
        sort: [{ at: 'asc' }, { eventId: 'asc' }],
      });
      for await (const document of documents) {
        // Documents of older releases leave out what is absent.
        const { user = null, impersonated = null, outcome = null } = document as Partial<FlatPolicyEvent>;
        yield policyEventOf({ ...document, user, impersonated, outcome });
      }
    },
  };
}
