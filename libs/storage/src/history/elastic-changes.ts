import type { Change } from '@margay/history';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import type { PublishedAt } from './history.ts';
import { documentOfChange, placeOfChange, type ChangeDocument } from './elastic-documents.ts';

/** Creates the changes; gives those that were there already. */
export async function createChanges(
  elastic: Elastic,
  changes: readonly Change[],
  keys: readonly string[],
  publishedAt?: PublishedAt,
): Promise<Change[]> {
  const created = await bulk(
    elastic,
    changes.map((change, i) => ({
      op: 'create',
      ...placeOfChange(elastic, change),
      document: documentOfChange(elastic, keys[i] as string, change, publishedAt?.(change)),
    })),
  );
  return changes.filter((_, i) => !created[i]);
}

/** Counts the events of known changes where they come from another origin for the first time. */
export async function createRepeats(elastic: Elastic, known: readonly Change[]): Promise<number> {
  if (known.length === 0) return 0;
  const { docs } = await elastic.call('reading changes', () =>
    elastic.client.mget<ChangeDocument>({
      docs: known.map((change) => {
        const { index, id } = placeOfChange(elastic, change);
        return { _index: index, _id: id, _source: ['source', 'position'] };
      }),
    }),
  );
  const repeats = known.filter(({ origin }, i) => {
    const found = docs[i];
    if (found === undefined || !('_source' in found)) return false;
    return found._source?.source !== origin.source || found._source.position !== origin.position;
  });
  const { cluster } = elastic;
  const created = await bulk(
    elastic,
    repeats.map(({ eventId, at, origin: { source, position } }) => ({
      op: 'create',
      index: elastic.index(`repeats-${monthOf(at)}`),
      id: documentId(cluster, eventId, source, position),
      document: { '@timestamp': dateOf(at), cluster, eventId, at, source, position },
    })),
  );
  return created.filter(Boolean).length;
}
