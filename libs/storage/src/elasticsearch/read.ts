import type { estypes } from '@elastic/elasticsearch';
import type { Elastic } from './connection.ts';
import { isAnswerTooLarge, statusOf } from './unusable.ts';

/** How many documents come with one answer. */
const PAGE = 2_000;
const KEEP_ALIVE = '5m';

/** What to read: from which indices, which documents, in which order. */
export interface DocumentQuery {
  /** A pattern, with prefix. */
  readonly index: string;
  readonly query: estypes.QueryDslQueryContainer;
  /** Must end with a field that is unique: `_shard_doc` alone is the store's own order, which nothing that a document says changes. */
  readonly sort: readonly Readonly<Record<string, 'asc' | 'desc'>>[];
  /** Documents with one answer; 2,000 unless set. */
  readonly page?: number;
  /** The fields to give; all unless set. */
  readonly fields?: readonly string[];
}

/**
 * Every document that the query finds, in the order asked for, from one point in time. What was written before the call
 * is found; indices that do not exist yet are empty.
 */
export async function* readAll<T>(elastic: Elastic, asked: DocumentQuery): AsyncGenerator<T> {
  for await (const { source } of readPlaced<T>(elastic, asked)) yield source;
}

/** As `readAll`, each with the id that it is kept under. */
export async function* readPlaced<T>(
  elastic: Elastic,
  { index, query, sort, page = PAGE, fields }: DocumentQuery,
): AsyncGenerator<{ readonly place: string; readonly source: T }> {
  await refresh(elastic, index);
  const id = await openPointInTime(elastic, index);
  if (id === undefined) return;
  try {
    let after: estypes.SortResults | undefined;
    for (let size = page; ;) {
      const answer = await searched<T>(elastic, index, {
        pit: { id, keep_alive: KEEP_ALIVE },
        query,
        sort: sort.map((field) => ({ ...field })),
        size,
        track_total_hits: false,
        ...(fields !== undefined && { _source: [...fields] }),
        ...(after !== undefined && { search_after: after }),
      });
      if (answer === undefined) {
        size = Math.max(1, Math.floor(size / 4));
        continue;
      }
      for (const { _id: place, _source: source } of answer.hits.hits)
        if (place !== undefined && source !== undefined) yield { place, source };
      after = answer.hits.hits.at(-1)?.sort;
      if (answer.hits.hits.length < size || after === undefined) return;
    }
  } finally {
    await elastic.client.closePointInTime({ id }).catch(() => {});
  }
}

/** The answer; undefined where it would be larger than can be given at once, and fewer documents are to be asked for. */
async function searched<T>(elastic: Elastic, index: string, request: estypes.SearchRequest) {
  try {
    return await elastic.call(`reading ${index}`, () => elastic.client.search<T>(request));
  } catch (error) {
    if (request.size === 1 || !isAnswerTooLarge(error)) throw error;
    return undefined;
  }
}

/**
 * Indices that are asked for what is in them, comma-separated, as a request names them: those that are not there yet are empty, and one that is
 * closed is an error, since it would be passed over without a word.
 */
export const everyIndex = (names: string) => ({
  // A name that is no pattern must be there.
  index: names.split(',').map((name) => (name.endsWith('*') ? name : `${name}*`)),
  expand_wildcards: ['open' as const, 'closed' as const],
  ignore_unavailable: false,
  allow_no_indices: true,
});

/** Makes everything written so far visible to searches. Reading does it, so that writing need not. */
export async function refresh(elastic: Elastic, index: string): Promise<void> {
  await elastic.call(`refreshing ${index}`, () => elastic.client.indices.refresh(everyIndex(index)));
}

async function openPointInTime(elastic: Elastic, index: string): Promise<string | undefined> {
  try {
    const { id } = await elastic.call(`reading ${index}`, () =>
      elastic.client.openPointInTime({ index, keep_alive: KEEP_ALIVE, ignore_unavailable: true }),
    );
    return id;
  } catch (error) {
    // No index matches yet.
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** The document, or undefined where there is none. Sees every write that was answered. */
export async function getDocument<T>(
  elastic: Elastic,
  index: string,
  id: string,
): Promise<{ readonly source: T; readonly seqNo: number; readonly primaryTerm: number } | undefined> {
  const found = await elastic.call(`reading ${index}`, () =>
    elastic.client.get<T>({ index, id }, { ignore: [404] }),
  );
  const { _source: source, _seq_no: seqNo, _primary_term: primaryTerm } = found;
  if (source === undefined || seqNo === undefined || primaryTerm === undefined) return undefined;
  return { source, seqNo, primaryTerm };
}
