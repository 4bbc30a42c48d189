import { createHash } from 'node:crypto';
import { contactText, joiner, type ContactTime } from '@margay/flows';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import { DATE, INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import type { Flows } from './flows.ts';

/** The indices of flows: one for each month of `startAt`. */
export const FLOW_TEMPLATE: IndexTemplate = {
  pattern: 'flows-*',
  properties: {
    '@timestamp': DATE,
    cluster: KEYWORD,
    flowId: KEYWORD,
    startAt: INSTANT,
    endAt: INSTANT,
    reporter: KEYWORD,
    action: KEYWORD,
    sourceNamespace: KEYWORD,
    sourceName: KEYWORD,
    destinationNamespace: KEYWORD,
    destinationName: KEYWORD,
    pairHash: KEYWORD,
    pair: STORED,
  },
};

/** The flows in Elasticsearch. A flow's id is its document's, so that a repeat finds it there. */
export function elasticsearchFlows(elastic: Elastic): Flows {
  const { cluster } = elastic;
  return {
    async append(flows) {
      const written = await bulk(
        elastic,
        flows.map((flow) => {
          const { id, startAt, endAt, reporter, action, source, destination } = flow;
          const pair = contactText(flow);
          return {
            op: 'create',
            index: elastic.index(`flows-${monthOf(startAt)}`),
            id: documentId(cluster, id),
            document: {
              '@timestamp': dateOf(startAt),
              cluster,
              flowId: id,
              startAt,
              endAt,
              reporter,
              action,
              sourceNamespace: source.namespace,
              sourceName: source.name,
              destinationNamespace: destination.namespace,
              destinationName: destination.name,
              pairHash: createHash('sha256').update(pair).digest('hex'),
              pair,
            },
          };
        }),
      );
      return written.filter(Boolean).length;
    },

    async *between({ start, end }) {
      const joining = joiner();
      const times = readAll<ContactTime>(elastic, {
        index: elastic.index('flows-*'),
        query: {
          bool: {
            filter: [
              { term: { cluster } },
              { range: { endAt: { gt: start } } },
              { range: { startAt: { lt: end } } },
            ],
          },
        },
        sort: [{ pairHash: 'asc' }, { startAt: 'asc' }, { endAt: 'asc' }, { _shard_doc: 'asc' }],
        fields: ['pair', 'startAt', 'endAt'],
      });
      for await (const time of times) {
        const done = joining.next(time);
        if (done !== undefined) yield done;
      }
      const last = joining.end();
      if (last !== undefined) yield last;
    },
  };
}
