import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import type { ArchivedHeader } from './archive.ts';
import { listedHeader } from './damaged.ts';

/** The end of a chain, without the header that it holds. */
interface ChainEnd {
  readonly cluster: string;
  readonly reportName: string;
  readonly id: string;
  readonly sequence: number;
}

/** Headers that come with one answer. */
const HEADERS_AT_ONCE = 200;

/** The header at the end of each chain of clusters, by cluster, each cluster's by name. */
export type NewestOf = (
  clusters: readonly string[],
) => Promise<ReadonlyMap<string, readonly ArchivedHeader[]>>;

/**
 * Reads the ends of chains, of which there are as many as reports have names, however many were archived. A header is fetched once: what
 * is archived never changes.
 */
export function newestHeaders(elastic: Elastic): NewestOf {
  const index = elastic.index('report-chains');
  const known = new Map<string, ArchivedHeader>();
  const placeOf = ({ cluster, reportName }: ChainEnd) => documentId(cluster, reportName);
  const isKnown = (end: ChainEnd) => known.get(placeOf(end))?.id === end.id;
  return async (clusters) => {
    const ends: ChainEnd[] = [];
    const found = readAll<ChainEnd>(elastic, {
      index,
      query: { terms: { cluster: [...clusters] } },
      sort: [{ cluster: 'asc' }, { reportName: 'asc' }],
      fields: ['cluster', 'reportName', 'id', 'sequence'],
    });
    for await (const end of found) ends.push(end);
    const asked = ends.filter((end) => !isKnown(end));
    for (let at = 0; at < asked.length; at += HEADERS_AT_ONCE) {
      const ids = asked.slice(at, at + HEADERS_AT_ONCE).map(placeOf);
      for (const [place, header] of await headersAt(elastic, index, ids)) known.set(place, header);
    }
    const byCluster = Map.groupBy(ends, ({ cluster }) => cluster);
    return new Map(
      clusters.map((cluster) => [
        cluster,
        (byCluster.get(cluster) ?? []).flatMap((end) => known.get(placeOf(end)) ?? []),
      ]),
    );
  };
}

/** The headers that ends of chains hold just now. */
async function headersAt(
  elastic: Elastic,
  index: string,
  ids: string[],
): Promise<[place: string, ArchivedHeader][]> {
  const { docs } = await elastic.call('reading the newest report headers', () =>
    elastic.client.mget<ChainEnd & { readonly header: string }>({ index, ids }),
  );
  return docs.flatMap((doc): [string, ArchivedHeader][] => {
    if (!('_source' in doc) || doc._source === undefined) return [];
    const { id, reportName, sequence, header } = doc._source;
    return [[doc._id, listedHeader(header, { id, reportName, reportType: '', sequence, end: 0 })]];
  });
}
