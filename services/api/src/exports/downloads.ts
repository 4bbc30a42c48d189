import { BASE, type RunDetail } from '@margay/api-contract';
import type { FileOfEveryReport } from '@margay/reports';
import type { Archive, ArchivedHeader, Stores } from '@margay/storage';
import { evidenceZip } from './evidence-zip.ts';
import { filesOfLog, shownByLog } from './log-files.ts';
import { reportPdf } from './report-pdf.ts';
import { begun, filesOf } from './stream-file.ts';
import { boundTogether } from './together.ts';

/** A file of a report on its way. */
export interface Content {
  readonly mediaType: string;
  readonly bytes: AsyncIterable<string | Uint8Array> | Uint8Array;
  /** What it depends on beside the report; absent where that is nothing. */
  readonly version?: string;
}

/** The stores that files are made from. */
type FileStores = Pick<Stores, 'archive' | 'ledger'>;

/** A file that is made of any report. */
interface Export {
  readonly mediaType: string;
  readonly made: (stores: FileStores, header: ArchivedHeader) => Promise<Omit<Content, 'mediaType'>>;
}

/** What can be downloaded of every report beside the files of its type: the registry, a line each. */
const OF_ALL: Readonly<Partial<Record<FileOfEveryReport, Export>>> = {
  'report.pdf': {
    mediaType: 'application/pdf',
    async made({ archive, ledger }, header) {
      const log = await shownByLog(ledger, header);
      return { bytes: await reportPdf(archive, header, log), version: log.version };
    },
  },
  'evidence.zip': {
    mediaType: 'application/zip',
    async made({ archive, ledger }, header) {
      const log = await shownByLog(ledger, header);
      const ofReport = filesOf(archive, header);
      await boundTogether(header, ofReport);
      return { bytes: evidenceZip(header, [...ofReport, ...filesOfLog(log)]), version: log.version };
    },
  },
};

/** The files of an archived report, and where each is. */
export function downloadsOf(
  archive: Archive,
  header: ArchivedHeader,
  cluster?: string,
): RunDetail['downloads'] {
  const base = `${BASE}/runs/${encodeURIComponent(header.id)}/downloads`;
  const search = cluster === undefined ? '' : `?cluster=${encodeURIComponent(cluster)}`;
  return [
    ...filesOf(archive, header),
    ...Object.entries(OF_ALL).map(([name, { mediaType }]) => ({ name, mediaType })),
  ].map(({ name, mediaType }) => ({ name, mediaType, href: `${base}/${name}${search}` }));
}

/** A file of an archived report; undefined where it has none of the name. @throws TemplateProblem, TooMuchTogether, Busy */
export async function downloadOf(
  stores: FileStores,
  header: ArchivedHeader,
  name: string,
): Promise<Content | undefined> {
  const file = filesOf(stores.archive, header).find((found) => found.name === name);
  if (file !== undefined) return { mediaType: file.mediaType, bytes: await begun(file) };
  const other = Object.hasOwn(OF_ALL, name) ? OF_ALL[name as FileOfEveryReport] : undefined;
  return other && { mediaType: other.mediaType, ...(await other.made(stores, header)) };
}
