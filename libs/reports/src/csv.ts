import type { FLAGS, Open } from './report.ts';
import { WHOLE, type Piece } from './report-type.ts';

/** A cell of a table. */
export type Cell = string | number | boolean | readonly string[];

/** A column: its header, and what stands in it for each row. */
export type Column<T> = readonly [header: string, cell: (row: T) => Cell];

/**
 * Before the characters with which a spreadsheet takes a cell for a formula. Where lists have semicolons, as in much of Europe, and in an import
 * that takes them beside commas, a cell begins behind each of them, and behind a line break in quotes.
 */
const FORMULA = /(?<=^|[;\n\r])(?=[=+\-@\t\r])/g;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A table as CSV, line by line: RFC 4180 quoting, lines ended by a line feed, lists joined with `;`.
 *
 * A text, or a part of one, that a spreadsheet would run as a formula gets an apostrophe in front.
 */
export function* csv<T>(
  columns: readonly Column<T>[],
  rows: Iterable<T>,
  { first }: Piece = WHOLE,
): Iterable<string> {
  if (first) yield csvLine(columns.map(([header]) => header));
  for (const row of rows) yield csvLine(columns.map(([, cell]) => cell(row)));
}

/** One line of a table. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(quoted).join(',')}\n`;
}

function quoted(cell: Cell): string {
  const text = typeof cell === 'object' ? cell.join(';') : String(cell);
  const safe = typeof cell === 'number' ? text : text.replaceAll(FORMULA, "'");
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The last column of tables of rows that may be open: which of the table's flags are not known. */
export function notKnownColumn<T extends Open>(flags: readonly (typeof FLAGS)[number][]): Column<T> {
  return ['notKnown', ({ notKnown }) => flags.filter((flag) => notKnown.includes(flag))];
}
