import type { Entry } from '@margay/ledger';
import type { Archive, ArchivedHeader, PartEntry } from './archive.ts';
import { isIntact, sha256 } from './digests.ts';

/** What of a report is not what was archived: its header, some of its rows, or what the log of reports says of it. */
export type DamagedPart = 'header' | 'part' | 'log';

/** A report in the archive is not the one that was archived. Nothing of it may be shown as a report. */
export class ArchiveDamaged extends Error {
  override readonly name = 'ArchiveDamaged';
  readonly what: DamagedPart;
  /** It is not there any more, in part or whole: what is left of it fits. */
  readonly isGone: boolean;

  constructor(what: DamagedPart, message: string, { isGone = false }: { readonly isGone?: boolean } = {}) {
    super(message);
    this.what = what;
    this.isGone = isGone;
  }
}

const RESTORE = 'Somebody changed the store: restore the archive from a backup.';

/** What is wrong with a header that is kept as that of the report `id`; undefined where it is what was archived. */
export function headerDamage(header: ArchivedHeader, id = header.id): string | undefined {
  if (header.id !== id)
    return `The header of report ${id} was changed: the one of another report stands in its place. ${RESTORE}`;
  if (header.headerDigest === UNREAD)
    return `The header of report ${id} was changed: it is none, or says something else than what the store has beside it. ${RESTORE}`;
  if (isIntact(header)) return undefined;
  return `The header of report ${id} was changed: it has not the digest that it says. ${RESTORE}`;
}

/** What is wrong with a header that fits itself, by what the log of reports says of the run; undefined where nothing is. */
export function loggedOtherwise(
  { id, headerDigest }: Pick<ArchivedHeader, 'id' | 'headerDigest'>,
  entry: Pick<Entry, 'headerDigest'> | undefined,
): string | undefined {
  if (entry === undefined || entry.headerDigest === headerDigest) return undefined;
  return (
    `The report of run ${id} was changed: its digests are right, and the log of reports has a header with the digest ` +
    `${entry.headerDigest}, not ${headerDigest}. ${RESTORE}`
  );
}

/** The header of a report; undefined where there is none, or none that is what was archived. For whoever can do without. */
export async function soundHeader(
  archive: Pick<Archive, 'header'>,
  id: string,
): Promise<ArchivedHeader | undefined> {
  return unlessDamaged(archive.header(id));
}

/** What is read of an archive; undefined where it is not what was archived. One that does not answer says nothing of that. */
export async function unlessDamaged<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ArchiveDamaged) return undefined;
    throw error;
  }
}

/** What a store has of a header beside its text: by these it is found, and they can still be said where the text is no header any more. */
export interface HeaderColumns extends Pick<
  ArchivedHeader,
  'id' | 'reportName' | 'reportType' | 'end' | 'sequence'
> {
  /** Where the store looks for it by that. */
  readonly start?: ArchivedHeader['start'];
}

/** The digest of what is no header. */
const UNREAD = '';

/**
 * The header that a text is. Where it is none, another report's, or found by a number or a start that is not its own, one that is seen not to
 * be what was archived: a list goes on behind it.
 */
export function listedHeader(text: string, columns: HeaderColumns): ArchivedHeader {
  const header = headerIn(text);
  const { id, sequence, start } = columns;
  const isOwn = header?.id === id && header.sequence === sequence && header.start === (start ?? header.start);
  if (isOwn) return header;
  const unread = { cluster: '', start: columns.end, generatedAt: columns.end, digest: '', parts: [] };
  return { ...unread, ...columns, headerDigest: UNREAD, content: null };
}

/** @throws ArchiveDamaged where it is not what was archived as the report `id`. */
export function checkedHeader(text: string, id: string): ArchivedHeader {
  const header = headerIn(text);
  if (header === undefined)
    throw new ArchiveDamaged('header', `The header of report ${id} was changed: it is none. ${RESTORE}`);
  const damage = headerDamage(header, id);
  if (damage !== undefined) throw new ArchiveDamaged('header', damage);
  return header;
}

/** Whether a store finds a header by another name, type or end than its own. */
export const isMisplaced = (
  { reportName, reportType, end }: ArchivedHeader,
  columns: Pick<HeaderColumns, 'reportName' | 'reportType' | 'end'>,
): boolean => reportName !== columns.reportName || reportType !== columns.reportType || end !== columns.end;

function headerIn(text: string): ArchivedHeader | undefined {
  try {
    const header = JSON.parse(text) as Partial<ArchivedHeader> | null;
    const isHeader =
      typeof header?.id === 'string' &&
      Array.isArray(header.parts) &&
      header.parts.every((part: Partial<PartEntry> | null) => typeof part?.digest === 'string');
    return isHeader ? (header as ArchivedHeader) : undefined;
  } catch {
    return undefined;
  }
}

/** The rows of a part's canonical text. @throws ArchiveDamaged where the text does not have the digest. */
export function checkedRows(
  text: string,
  digest: string,
  reportId: string,
  part: number,
): readonly unknown[] {
  const isAsSaid = sha256(text) === digest;
  const rows = isAsSaid ? rowsIn(text) : undefined;
  if (rows !== undefined) return rows;
  const why = isAsSaid ? 'it is no list of rows' : 'it has not the digest that its header says';
  throw new ArchiveDamaged('part', `Part ${part} of report ${reportId} was changed: ${why}. ${RESTORE}`);
}

/** The rows that a text is; undefined where it is none, although it may have the digest that somebody gave it. */
function rowsIn(text: string): readonly unknown[] | undefined {
  try {
    const rows: unknown = JSON.parse(text);
    return Array.isArray(rows) ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** A part that a header names is not there. */
export const missingPart = (reportId: string, part: number): ArchiveDamaged =>
  new ArchiveDamaged(
    'part',
    `Part ${part} of report ${reportId} is not in the archive any more: its rows were removed.`,
    { isGone: true },
  );
