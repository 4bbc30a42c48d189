import { type Report, ROW_KINDS } from '../report.ts';
import { headerOf } from './parts.ts';

/**
 * `report.json`, piece by piece: the header's fields, then each kind of rows with one row a line, and the digest last.
 *
 * Fields are in a fixed order and rows in the report's, so the same evidence gives the same bytes.
 */
export function* toReportJson(report: Report): Iterable<string> {
  yield '{\n';
  for (const [name, value] of Object.entries(headerOf(report))) {
    yield `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`;
  }
  for (const kind of ROW_KINDS) {
    yield `${JSON.stringify(kind)}: `;
    yield* jsonList(report[kind]);
    yield ',\n';
  }
  yield `"digest": ${JSON.stringify(report.digest)}\n}\n`;
}

/** A JSON list with one element a line. */
export function* jsonList(elements: Iterable<unknown>): Iterable<string> {
  let before = '[';
  for (const element of elements) {
    yield `${before}\n${JSON.stringify(element)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : '\n]';
}
