import { type Fields, isFields, list } from '@margay/ground';
import { type Report, ROW_KINDS, type RowKind } from '../report.ts';
import { digestOf } from './digest.ts';
import { headerOf } from './parts.ts';

/** Whether a report is what was computed, and if not, why. */
export type Verification =
  { readonly ok: true; readonly digest: string } | { readonly ok: false; readonly reason: string };

/**
 * Checks an exported report offline: its rows are as many as its header says, and header and rows have the digest that it
 * carries. That the digest itself is the right one is for the archive's chain, or a signature, to say.
 *
 * @param json what `JSON.parse` makes of a `report.json`.
 */
export function verifyReport(json: unknown): Verification {
  if (!isFields(json)) return failed('this is no report: it is not a JSON object');
  for (const kind of ROW_KINDS) {
    if (!Array.isArray(json[kind]) && !isOfALaterRelease(kind, json))
      return failed(`this is no report: it has no list ${JSON.stringify(kind)}`);
  }
  if (typeof json['digest'] !== 'string') return failed('this is no report: it has no digest');
  // Its lists are there; everything else counts as it is, whatever it may be.
  const report = json as unknown as Report;
  for (const kind of ROW_KINDS) {
    const is = list(json[kind]).length;
    const said = isFields(report.rowCounts) ? (report.rowCounts[kind] ?? 0) : undefined;
    if (is !== said) return failed(`${kind} has ${is} rows, but its header says ${String(said)}`);
  }
  let digest: string;
  try {
    digest = digestOf(headerOf(report), report);
  } catch (error) {
    return failed(`it cannot be digested: ${error instanceof Error ? error.message : String(error)}`);
  }
  return digest === report.digest
    ? { ok: true, digest }
    : failed(`its digest says ${report.digest}, but its content has ${digest}: it was changed`);
}

/** Whether a kind of rows came later than the report, so that neither its header nor its rows know it. */
const isOfALaterRelease = (kind: RowKind, { [kind]: rows, rowCounts }: Fields): boolean =>
  rows === undefined && isFields(rowCounts) && !Object.hasOwn(rowCounts, kind);

function failed(reason: string): Verification {
  return { ok: false, reason };
}
