import type { Instant } from '@margay/ground';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import { getDocument } from '../elasticsearch/read.ts';
import { DATE, INSTANT, KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import { AlreadyArchived, type Archive, type ArchivedHeader, type ReportRecord } from './archive.ts';
import { cursorAfter, placeOf } from './cursor.ts';
import { chained, checkedRows, sealed } from './digests.ts';

const HEADER_FIELDS = {
  cluster: KEYWORD,
  id: KEYWORD,
  reportName: KEYWORD,
  sequence: NUMBER,
  header: STORED,
};

/** The indices of the archive: parts by the month of the window's end, all headers, and the end of each chain. */
export const ARCHIVE_TEMPLATES: readonly IndexTemplate[] = [
  {
    pattern: 'report-parts-*',
    properties: {
      '@timestamp': DATE,
      cluster: KEYWORD,
      reportId: KEYWORD,
      part: NUMBER,
      kind: KEYWORD,
      rows: STORED,
    },
  },
  {
    pattern: 'report-headers',
    properties: {
      ...HEADER_FIELDS,
      '@timestamp': DATE,
      reportType: KEYWORD,
      start: INSTANT,
      end: INSTANT,
      digest: KEYWORD,
    },
  },
  { pattern: 'report-chains', properties: HEADER_FIELDS },
];

const PAGE_MAX = 100;

/**
 * The archive in Elasticsearch. Parts and headers are created and never written again, so their index needs no right to
 * change anything.
 *
 * One small document for each report name, the end of its chain, holds the newest header; it moves on only where nobody
 * else moved it. Whoever moves it first creates the header that it holds, so a worker that ended between the two leaves
 * no gap, and two workers with the same report make one link.
 */
export function elasticsearchArchive(elastic: Elastic): Archive {
  const { client, cluster } = elastic;
  const headers = elastic.index('report-headers');
  const chains = elastic.index('report-chains');
  const partsOf = (end: Instant) => elastic.index(`report-parts-${monthOf(end)}`);
  const partId = (reportId: string, part: number, digest: string) =>
    documentId(cluster, reportId, part, digest);

  const headerOf = async (id: string): Promise<ArchivedHeader | undefined> => {
    const found = await getDocument<{ header: string }>(elastic, headers, documentId(cluster, id));
    return found && (JSON.parse(found.source.header) as ArchivedHeader);
  };

  /** Makes the header visible. It is there already where another worker did. */
  const show = async (header: ArchivedHeader): Promise<void> => {
    const { id, reportName, reportType, start, end, sequence, digest } = header;
    const document = { cluster, id, reportName, reportType, start, end, sequence, digest };
    try {
      await elastic.call('keeping a report header', () =>
        client.index({
          index: headers,
          id: documentId(cluster, id),
          op_type: 'create',
          document: { '@timestamp': dateOf(end), ...document, header: JSON.stringify(header) },
          refresh: 'wait_for',
        }),
      );
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
  };

  /** Puts the report at the end of its chain; undefined where somebody else moved the chain meanwhile. */
  const link = async (report: ReportRecord): Promise<ArchivedHeader | undefined> => {
    const { reportName } = report;
    const id = documentId(cluster, reportName);
    const tail = await getDocument<{ header: string }>(elastic, chains, id);
    const last = tail && (JSON.parse(tail.source.header) as ArchivedHeader);
    // The one before must be visible before it leaves the end of the chain, else it could be lost.
    if (last !== undefined) await show(last);
    const kept = await headerOf(report.id);
    if (kept !== undefined) return kept;
    const next = chained(report, last);
    const document = {
      cluster,
      id: report.id,
      reportName,
      sequence: next.sequence,
      header: JSON.stringify(next),
    };
    try {
      await elastic.call('extending the chain of reports', () =>
        client.index({
          index: chains,
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
  };

  const rowsOf = async ({ id, end }: ReportRecord, part: number, digest: string) => {
    const found = await getDocument<{ rows: string }>(elastic, partsOf(end), partId(id, part, digest));
    if (found === undefined) throw missing(id, part);
    return checkedRows(found.source.rows, digest, id, part);
  };

  const checkParts = async ({ id, end, parts }: ReportRecord): Promise<void> => {
    if (parts.length === 0) return;
    const { docs } = await elastic.call('looking for the parts of a report', () =>
      client.mget({
        index: partsOf(end),
        ids: parts.map(({ digest }, part) => partId(id, part, digest)),
        _source: false,
      }),
    );
    const absent = docs.findIndex((found) => !('found' in found) || !found.found);
    if (absent !== -1) throw missing(id, absent);
  };

  return {
    async appendPart(part) {
      const { text, entry } = sealed(part);
      const { reportId, end, kind } = part;
      const document = { '@timestamp': dateOf(end), cluster, reportId, part: part.part, kind, rows: text };
      await bulk(elastic, [
        { op: 'create', index: partsOf(end), id: partId(reportId, part.part, entry.digest), document },
      ]);
      return entry;
    },

    async complete(report) {
      let archived = await headerOf(report.id);
      if (archived === undefined) await checkParts(report);
      while (archived === undefined) archived = await link(report);
      await show(archived);
      if (archived.digest !== report.digest) throw new AlreadyArchived(archived, report.digest);
      return archived;
    },

    header: headerOf,

    async headers({ reportName, reportType, limit = PAGE_MAX, cursor } = {}) {
      const place = cursor === undefined ? undefined : placeOf(cursor);
      const { hits } = await elastic.call('listing reports', () =>
        client.search<{ header: string }>({
          index: headers,
          ignore_unavailable: true,
          query: {
            bool: {
              filter: [
                { term: { cluster } },
                ...(reportName === undefined ? [] : [{ term: { reportName } }]),
                ...(reportType === undefined ? [] : [{ term: { reportType } }]),
              ],
            },
          },
          sort: [
            { end: { order: 'desc', unmapped_type: 'long' } },
            { id: { order: 'desc', unmapped_type: 'keyword' } },
          ],
          ...(place !== undefined && { search_after: [place.end, place.id] }),
          size: limit + 1,
          track_total_hits: false,
        }),
      );
      const found = hits.hits.flatMap(({ _source: source }) =>
        source === undefined ? [] : [JSON.parse(source.header) as ArchivedHeader],
      );
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        headers: page,
        ...(found.length > limit && last !== undefined && { next: cursorAfter(last) }),
      };
    },

    async part(id, part) {
      const header = await headerOf(id);
      const entry = header?.parts[part];
      return header === undefined || entry === undefined ? undefined : rowsOf(header, part, entry.digest);
    },

    async *parts(id, wanted) {
      const header = await headerOf(id);
      for (const [part, { kind, digest }] of header?.parts.entries() ?? []) {
        if (wanted === undefined || kind === wanted)
          yield await rowsOf(header as ArchivedHeader, part, digest);
      }
    },
  };
}

function missing(reportId: string, part: number): Error {
  return new Error(`Part ${part} of report ${reportId} is not in the archive: compute the report again.`);
}
