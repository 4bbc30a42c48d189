import { joinReport, type Report, type ReportPart, type RowKind } from '@margay/reports';
import type { Archive } from '@margay/storage';
import { contentOf, revisionOf } from './runs/runs.ts';

/** The whole report, or undefined where there is none. */
export async function archivedReport(archive: Archive, id: string): Promise<Report | undefined> {
  const header = await archive.header(id);
  if (header === undefined) return undefined;
  const parts: ReportPart[] = [];
  let part = 0;
  for await (const rows of archive.parts(id)) {
    parts.push({ kind: header.parts[part]!.kind as RowKind, rows });
    part++;
  }
  return joinReport(contentOf(header), header.digest, parts, revisionOf(header));
}
