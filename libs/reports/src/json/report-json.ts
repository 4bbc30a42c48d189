import { type Report, type ReportHeader, ROW_KINDS } from '../report.ts';
import { WHOLE, type Piece } from '../report-type.ts';
import { headerOf } from './parts.ts';

/**
 * `report.json`, piece by piece: the header's fields, then each kind of rows with one row a line, of a revision what it supersedes, and the digest last.
 *
 * Fields are in a fixed order and rows in the report's, so the same evidence gives the same bytes.
 */
export function* toReportJson(report: Report): Iterable<string> {
  yield reportJsonHead(headerOf(report));
  for (const kind of ROW_KINDS) {
    yield `${JSON.stringify(kind)}: `;
    yield* jsonList(report[kind]);
    yield ',\n';
  }
  yield reportJsonTail(report);
}

/** What stands in `report.json` before the rows. */
export function reportJsonHead(header: ReportHeader): string {
  const fields = Object.entries(header).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  return `{\n${fields.join('')}`;
}

/** What stands in `report.json` after the rows: of a revision what it is, and the digest. */
export function reportJsonTail({
  digest,
  revision,
  supersedes,
}: Pick<Report, 'digest' | 'revision' | 'supersedes'>): string {
  const fields = Object.entries({ revision, supersedes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(value)},\n`],
  );
  return `${fields.join('')}"digest": ${JSON.stringify(digest)}\n}\n`;
}

/** A JSON list with one element a line. */
export function* jsonList(elements: Iterable<unknown>, { first, last }: Piece = WHOLE): Iterable<string> {
  let isEmpty = first;
  for (const element of elements) {
    yield `${isEmpty ? '[' : ','}\n${JSON.stringify(element)}`;
    isEmpty = false;
  }
  if (last) yield isEmpty ? '[]' : '\n]';
}
