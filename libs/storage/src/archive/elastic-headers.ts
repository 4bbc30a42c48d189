import type { estypes } from '@elastic/elasticsearch';
import type { Window } from '@margay/ground';
import { write, type Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId } from '../elasticsearch/documents.ts';
import { everyIndex, getDocument, readPlaced } from '../elasticsearch/read.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import type { ArchivedHeader, HeaderFilter, HeaderPage, KeptHeader, ReportRecord } from './archive.ts';
import { cursorAfter, placeOf } from './cursor.ts';
import { checkedHeader, headerDamage, isMisplaced, listedHeader, type HeaderColumns } from './damaged.ts';
import { byRevision, chained } from './digests.ts';

const PAGE_MAX = 100;

const headersOf = (elastic: Elastic) => elastic.index('report-headers');

/** The header of a report that is visible. @throws ArchiveDamaged where it is not what was archived. */
export async function readHeader(elastic: Elastic, id: string): Promise<ArchivedHeader | undefined> {
  const place = documentId(elastic.cluster, id);
  const found = await getDocument<{ header: string }>(elastic, headersOf(elastic), place);
  return found && checkedHeader(found.source.header, id);
}

/** Makes the header visible. It is there already where another worker did. */
export async function showHeader(elastic: Elastic, header: ArchivedHeader): Promise<void> {
  const { cluster, client } = elastic;
  const { id, reportName, reportType, start, end, sequence, digest } = header;
  const document = { cluster, id, reportName, reportType, start, end, sequence, digest };
  try {
    await write(elastic, 'keeping a report header', (wait) =>
      client.index({
        ...wait,
        index: headersOf(elastic),
        id: documentId(cluster, id),
        op_type: 'create',
        document: { '@timestamp': dateOf(end), ...document, header: JSON.stringify(header) },
        refresh: 'wait_for',
      }),
    );
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}

/** Puts the report at the end of its chain; undefined where somebody else moved the chain meanwhile. */
export async function linkReport(
  elastic: Elastic,
  report: ReportRecord,
): Promise<ArchivedHeader | undefined> {
  const { cluster, client } = elastic;
  const { reportName } = report;
  const index = elastic.index('report-chains');
  const id = documentId(cluster, reportName);
  const tail = await getDocument<{ header: string; id: string; sequence: number }>(elastic, index, id);
  const end =
    tail && listedHeader(tail.source.header, { ...tail.source, reportName, reportType: '', end: report.end });
  // The one before must be visible before it leaves the end of the chain, else it could be lost.
  if (end !== undefined && headerDamage(end) === undefined) await showHeader(elastic, end);
  const kept = await readHeader(elastic, report.id);
  if (kept !== undefined) return kept;
  const next = chained(report, later(end, await lastVisible(elastic, reportName)));
  const { sequence } = next;
  const document = { cluster, id: report.id, reportName, sequence, header: JSON.stringify(next) };
  try {
    await write(elastic, 'extending the chain of reports', (wait) =>
      client.index({
        ...wait,
        index,
        id,
        document,
        ...(tail === undefined
          ? { op_type: 'create' }
          : { if_seq_no: tail.seqNo, if_primary_term: tail.primaryTerm }),
      }),
    );
    return next;
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    return undefined;
  }
}

/** The last of a chain as its headers tell: where somebody took the end of the chain away or put an older one there, no number is given twice. */
async function lastVisible(elastic: Elastic, reportName: string): Promise<ArchivedHeader | undefined> {
  const [last] = await search(elastic, 'looking for the end of a chain', [{ term: { reportName } }], {
    sort: [{ sequence: { order: 'desc', unmapped_type: 'long' } }],
    size: 1,
    track_total_hits: false,
  });
  return last !== undefined && headerDamage(last.header) === undefined ? last.header : undefined;
}

const later = (a: ArchivedHeader | undefined, b: ArchivedHeader | undefined): ArchivedHeader | undefined =>
  (b?.sequence ?? 0) >= (a?.sequence ?? 1) ? b : a;

/** So many revisions of one report are looked for: a person asks for each. */
const REVISIONS_MAX = 1_000;

/** All reports over one window, by revision. */
export async function listRevisions(
  elastic: Elastic,
  reportName: string,
  { start, end }: Window,
): Promise<ArchivedHeader[]> {
  const filter = [{ term: { reportName } }, { term: { start } }, { term: { end } }];
  const found = await search(elastic, 'listing the revisions of a report', filter, { size: REVISIONS_MAX });
  return found.map(({ header }) => header).sort(byRevision);
}

/** A page of headers, newest first. */
export async function listHeaders(
  elastic: Elastic,
  { reportName, reportType, limit = PAGE_MAX, cursor }: HeaderFilter,
): Promise<HeaderPage> {
  const place = cursor === undefined ? undefined : placeOf(cursor);
  const filter = [
    // Of one without an end, or with one that no report has, no list can go on.
    { range: { end: { gte: Number.MIN_SAFE_INTEGER, lte: Number.MAX_SAFE_INTEGER } } },
    ...(reportName === undefined ? [] : [{ term: { reportName } }]),
    ...(reportType === undefined ? [] : [{ term: { reportType } }]),
  ];
  const found = await search(elastic, 'listing reports', filter, {
    sort: [
      { end: { order: 'desc', unmapped_type: 'long' } },
      { id: { order: 'desc', unmapped_type: 'keyword' } },
    ],
    ...(place !== undefined && { search_after: [place.end, place.id] }),
    size: limit + 1,
    track_total_hits: false,
  });
  const page = found.slice(0, limit);
  const headers = page.map(({ header }) => header);
  const [end, id] = page.at(-1)?.sort ?? [];
  return {
    headers,
    ...(found.length > limit && { next: cursorAfter({ end: end as number, id: id as string }) }),
  };
}

/** Headers with one answer: each names all parts of its report. */
const HEADERS_AT_ONCE = 128;

/** Every header that is kept as one of the cluster. */
export async function* allHeaders(elastic: Elastic): AsyncGenerator<KeptHeader> {
  const { cluster } = elastic;
  const found = readPlaced<HeaderSource>(elastic, {
    index: headersOf(elastic),
    query: { term: { cluster } },
    sort: [{ _shard_doc: 'asc' }],
    page: HEADERS_AT_ONCE,
  });
  for await (const { place, source } of found) yield keptIn(elastic, place, source);
}

/** A document of a header, which says what it is found by. */
export type HeaderSource = Required<HeaderColumns> & { readonly cluster: string; readonly header: string };

/** The header that a document is, in its place. */
export function keptIn({ cluster }: Elastic, place: string, source: HeaderSource): KeptHeader {
  const columns = columnsOf(source, place);
  const header = listedHeader(source.header, columns);
  const isElsewhere = source.cluster !== cluster || place !== documentId(cluster, header.id);
  return { header, isMisplaced: isElsewhere || isMisplaced(header, columns) };
}

/** Headers of the cluster. @param action for errors: what is done. */
async function search(
  elastic: Elastic,
  action: string,
  filter: readonly estypes.QueryDslQueryContainer[],
  page: Pick<estypes.SearchRequest, 'sort' | 'search_after' | 'size' | 'track_total_hits'>,
): Promise<{ readonly header: ArchivedHeader; readonly sort: estypes.SortResults }[]> {
  const { hits } = await elastic.call(action, () =>
    elastic.client.search<HeaderSource>({
      ...everyIndex(headersOf(elastic)),
      query: { bool: { filter: [{ term: { cluster: elastic.cluster } }, ...filter] } },
      ...page,
    }),
  );
  return hits.hits.flatMap(({ _id: place, _source: source, sort = [] }) =>
    place === undefined || source === undefined
      ? []
      : [{ header: listedHeader(source.header, columnsOf(source, place)), sort }],
  );
}

/** What a document is found by. One whose id is no text is named by its place. */
const columnsOf = (
  { id, reportName, reportType, start, end, sequence }: Required<HeaderColumns>,
  place: string,
): HeaderColumns => ({
  id: typeof id === 'string' ? id : place,
  reportName,
  reportType,
  start,
  end,
  sequence,
});
