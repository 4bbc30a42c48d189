import { BASE, type RunDetail } from '@margay/api-contract';
import type { FileOfEveryReport } from '@margay/reports';
import type { Archive, ArchivedHeader } from '@margay/storage';
import { evidenceZip } from './evidence-zip.ts';
import { reportPdf } from './report-pdf.ts';
import { begun, filesOf } from './stream-file.ts';

/** A file of a report on its way. */
export interface Content {
  readonly mediaType: string;
  readonly bytes: AsyncIterable<string | Uint8Array> | Uint8Array;
}

/** A file that is made of any report. */
interface Export {
  readonly mediaType: string;
  readonly bytes: (archive: Archive, header: ArchivedHeader) => Content['bytes'] | Promise<Content['bytes']>;
}

/** What can be downloaded of every report beside the files of its type: the registry, a line each. */
const OF_ALL: Readonly<Partial<Record<FileOfEveryReport, Export>>> = {
  'report.pdf': { mediaType: 'application/pdf', bytes: reportPdf },
  'evidence.zip': {
    mediaType: 'application/zip',
    bytes: (archive, header) => evidenceZip(header, filesOf(archive, header)),
  },
};

/** The files of an archived report, and where each is. */
export function downloadsOf(archive: Archive, header: ArchivedHeader): RunDetail['downloads'] {
  const base = `${BASE}/runs/${encodeURIComponent(header.id)}/downloads`;
  return [
    ...filesOf(archive, header),
    ...Object.entries(OF_ALL).map(([name, { mediaType }]) => ({ name, mediaType })),
  ].map(({ name, mediaType }) => ({ name, mediaType, href: `${base}/${name}` }));
}

/** A file of an archived report; undefined where it has none of the name. @throws TemplateProblem */
export async function downloadOf(
  archive: Archive,
  header: ArchivedHeader,
  name: string,
): Promise<Content | undefined> {
  const file = filesOf(archive, header).find((found) => found.name === name);
  if (file !== undefined) return { mediaType: file.mediaType, bytes: await begun(file) };
  const other = Object.hasOwn(OF_ALL, name) ? OF_ALL[name as FileOfEveryReport] : undefined;
  return other && { mediaType: other.mediaType, bytes: await other.bytes(archive, header) };
}
