import type { Elastic } from '../elasticsearch/connection.ts';
import { DATE, INSTANT, KEYWORD, NUMBER, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { AlreadyArchived, type Archive } from './archive.ts';
import {
  allHeaders,
  linkReport,
  listHeaders,
  listRevisions,
  readHeader,
  showHeader,
} from './elastic-headers.ts';
import { newestHeaders } from './elastic-newest.ts';
import { checkParts, createPart, readPart } from './elastic-parts.ts';

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

/**
 * The archive in Elasticsearch. Parts and headers are created and never written again, so their index needs no right to
 * change anything.
 *
 * One small document for each report name, the end of its chain, holds the newest header; it moves on only where nobody
 * else moved it. Whoever moves it first creates the header that it holds, so a worker that ended between the two leaves
 * no gap, and two workers with the same report make one link.
 */
export function elasticsearchArchive(elastic: Elastic): Archive {
  const newestOf = newestHeaders(elastic);
  return {
    appendPart: (part) => createPart(elastic, part),

    async complete(report) {
      let archived = await readHeader(elastic, report.id);
      if (archived === undefined) await checkParts(elastic, report);
      while (archived === undefined) archived = await linkReport(elastic, report);
      await showHeader(elastic, archived);
      if (archived.digest !== report.digest) throw new AlreadyArchived(archived, report.digest);
      return archived;
    },

    header: (id) => readHeader(elastic, id),

    revisions: (reportName, window) => listRevisions(elastic, reportName, window),

    headers: (filter = {}) => listHeaders(elastic, filter),

    all: () => allHeaders(elastic),

    newest: async () => [...((await newestOf([elastic.cluster])).get(elastic.cluster) ?? [])],

    async part(id, part) {
      const header = await readHeader(elastic, id);
      const entry = header?.parts[part];
      if (header === undefined || entry === undefined) return undefined;
      return readPart(elastic, header, part, entry.digest);
    },

    async *parts(id, wanted) {
      const header = await readHeader(elastic, id);
      if (header === undefined) return;
      for (const [part, { kind, digest }] of header.parts.entries()) {
        if (wanted === undefined || kind === wanted) yield await readPart(elastic, header, part, digest);
      }
    },
  };
}
