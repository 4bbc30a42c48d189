import {
  emptyRows,
  joinReport,
  jsonList,
  reportJsonHead,
  reportJsonTail,
  ROW_KINDS,
  typeOfReport,
  type Download,
  type Piece,
  type ReportPart,
  type RowKind,
} from '@margay/reports';
import type { Meter } from '@margay/runtime/own-process';
import type { Archive, ArchivedHeader } from '@margay/storage';
import { contentOf, revisionOf } from '../runs/runs.ts';
import { renderInOwnProcess } from './render-in-own-process.ts';

/** A file of an archived report, piece by piece from the archive: memory does not grow with the report. */
export interface ReportFile {
  readonly name: string;
  readonly mediaType: string;
  /** Users wrote its template. */
  readonly isTemplate?: boolean;
  /** May throw a `TemplateProblem` at the start where users wrote its template, whose time is added to the meter. */
  text(meter?: Meter): AsyncIterable<string | Uint8Array>;
}

/** The files of an archived report: those of its type, and `report.json` with everything. */
export function filesOf(archive: Archive, header: ArchivedHeader): ReportFile[] {
  const { downloads } = typeOfReport(contentOf(header));
  return [
    ...downloads.map((download): ReportFile => ({
      name: download.name,
      mediaType: download.mediaType,
      isTemplate: download.isTemplate === true,
      text: (meter) => chunked(downloadText(archive, header, download, meter)),
    })),
    {
      name: 'report.json',
      mediaType: 'application/json',
      text: () => chunked(reportJsonText(archive, header)),
    },
  ];
}

/** What is in a file, whose beginning is there already. @throws TemplateProblem where its template fails. */
export async function begun(file: ReportFile): Promise<AsyncIterable<string | Uint8Array>> {
  const text = file.text()[Symbol.asyncIterator]();
  const first = await text.next();
  return (async function* () {
    for (let piece = first; !piece.done; piece = await text.next()) yield piece.value as string | Uint8Array;
  })();
}

async function* downloadText(
  archive: Archive,
  header: ArchivedHeader,
  { name, lists, needs = [], isTemplate, render }: Download,
  meter?: Meter,
): AsyncGenerator<string> {
  const beside: ReportPart[] = [];
  for (const kind of needs)
    for await (const rows of archive.parts(header.id, kind)) beside.push({ kind, rows });
  const common = joinReport(contentOf(header), header.digest, beside, revisionOf(header));
  if (isTemplate) yield await renderInOwnProcess(common, name, meter);
  else if (lists === undefined) yield* render(common);
  else
    for await (const { rows, piece } of pieces(archive, header.id, lists))
      yield* render({ ...common, [lists]: rows }, piece);
}

async function* reportJsonText(archive: Archive, header: ArchivedHeader): AsyncGenerator<string> {
  yield reportJsonHead(contentOf(header));
  for (const kind of ROW_KINDS) {
    yield `${JSON.stringify(kind)}: `;
    for await (const { rows, piece } of pieces(archive, header.id, kind)) yield* jsonList(rows, piece);
    yield ',\n';
  }
  yield reportJsonTail({ digest: header.digest, ...revisionOf(header) });
}

/** The rows of one kind with which piece of the file they are; one empty piece where there are none. */
async function* pieces(
  archive: Archive,
  id: string,
  kind: RowKind,
): AsyncGenerator<{ rows: readonly unknown[]; piece: Piece }> {
  let held: readonly unknown[] | undefined;
  let first = true;
  for await (const rows of archive.parts(id, kind)) {
    if (held !== undefined) {
      yield { rows: held, piece: { first, last: false } };
      first = false;
    }
    held = rows;
  }
  yield { rows: held ?? emptyRows()[kind], piece: { first, last: true } };
}

const CHUNK_LENGTH = 64 * 1024;

/** Few long texts of many short ones. */
async function* chunked(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const text of texts) {
    chunk += text;
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
