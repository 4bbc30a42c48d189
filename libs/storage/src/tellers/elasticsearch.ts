import { isDeepStrictEqual } from 'node:util';
import type { estypes } from '@elastic/elasticsearch';
import type { TellerFact } from '@margay/coverage';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import { INSTANT, KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { movedOn, partsOf, type Tellers } from './tellers.ts';

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
    begun: INSTANT,
    slot: NUMBER,
    seen: INSTANT,
    until: INSTANT,
    start: INSTANT,
    end: INSTANT,
  },
};

type TellerDocument = TellerFact & { readonly cluster: string };

/** So often somebody else may be first to move the same on. */
const ATTEMPTS = 20;

const isMoving = ({ what }: TellerFact): boolean => what === 'told' || what === 'aside';

/** Each fact joined to what is there, which others move on at the same time. */
async function moveOn(elastic: Elastic, index: string, facts: readonly TellerFact[]): Promise<void> {
  const { client, cluster } = elastic;
  let open = new Map<string, TellerFact>();
  for (const fact of facts) {
    const id = documentId(cluster, ...partsOf(fact));
    const former = open.get(id);
    open.set(id, former === undefined ? fact : movedOn(former, fact));
  }
  for (let attempt = 1; open.size > 0; attempt++) {
    if (attempt > ATTEMPTS)
      throw new Error(`What is known of who tells was written by others ${ATTEMPTS} times: try again later.`);
    const { docs } = await elastic.call('reading who tells', () =>
      client.mget<TellerDocument>({ index, ids: [...open.keys()] }),
    );
    const left = [...open].flatMap(([id, fact], i) => {
      const write = writeOf(docs[i], cluster, fact);
      return write === undefined ? [] : [{ ...write, index, id }];
    });
    const written = await bulk(elastic, left);
    open = new Map(left.filter((_, i) => !written[i]).map(({ id }) => [id, open.get(id)!] as const));
  }
}

/** What is to be written where that is there; undefined where nothing is. */
function writeOf(
  doc: estypes.MgetResponseItem<TellerDocument> | undefined,
  cluster: string,
  fact: TellerFact,
) {
  const {
    _source: source,
    _seq_no: seqNo,
    _primary_term: primaryTerm,
  } = doc !== undefined && 'found' in doc && doc.found ? doc : {};
  if (source === undefined || seqNo === undefined || primaryTerm === undefined)
    return { op: 'create', document: { cluster, ...fact } } as const;
  const { cluster: _, ...former } = source;
  const moved = movedOn(former, fact);
  if (isDeepStrictEqual(moved, former)) return undefined;
  return { op: 'index', document: { cluster, ...moved }, after: { seqNo, primaryTerm } } as const;
}

/** Who tells, in Elasticsearch: each fact a document. */
export function elasticsearchTellers(elastic: Elastic): Tellers {
  const { client, cluster } = elastic;
  const index = elastic.index('tellers');
  const idOf = (parts: readonly (string | number)[]) => documentId(cluster, ...parts);

  return {
    async append(facts) {
      await bulk(
        elastic,
        facts
          .filter((fact) => !isMoving(fact))
          .map((fact) => ({
            ...(fact.what === 'seen' ? { op: 'index', version: fact.at } : { op: 'create' }),
            index,
            id: idOf(partsOf(fact)),
            document: { cluster, ...fact },
          })),
      );
      await moveOn(elastic, index, facts.filter(isMoving));
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
