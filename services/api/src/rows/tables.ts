import { ROW_KINDS, type RowKind } from '@margay/reports';
import type { Archive } from '@margay/storage';

/** All rows of one kind of a report, with the text in which a filter looks. */
export interface Table {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly texts: readonly string[];
}

/** Which rows are asked for, in which order. */
export interface RowQuery {
  /** Words that all must be found somewhere in the row, in any case. */
  readonly text?: string;
  /** Fields that must have this value. */
  readonly where?: readonly (readonly [field: string, value: boolean])[];
  /** A field; with `-` before it the greatest first. */
  readonly sort?: string;
}

/** Rows that are held, over all tables: about a kilobyte each. One table that has more is held alone. */
const ROWS_MAX = 150_000;

export const isRowKind = (name: string): name is RowKind => (ROW_KINDS as readonly string[]).includes(name);

/** The rows of one kind of an archived report. */
export type Tables = (id: string, kind: RowKind) => Promise<Table>;

/** Reads tables from the archive and holds those last asked for: archived reports never change. */
export function tablesOf(archive: Archive): Tables {
  const held = new Map<string, Promise<Table>>();
  const sizes = new Map<string, number>();
  const read = async (id: string, kind: RowKind): Promise<Table> => {
    const rows: Readonly<Record<string, unknown>>[] = [];
    for await (const part of archive.parts(id, kind)) rows.push(...(part as Record<string, unknown>[]));
    return { rows, texts: rows.map((row) => leaves(row).join('\n').toLowerCase()) };
  };
  return (id, kind) => {
    const key = `${id} ${kind}`;
    const found = held.get(key) ?? read(id, kind);
    // Last in the map is last to go.
    held.delete(key);
    held.set(key, found);
    void found.then(
      ({ rows }) => {
        sizes.set(key, rows.length);
        let total = [...held.keys()].reduce((sum, known) => sum + (sizes.get(known) ?? 0), 0);
        for (const oldest of held.keys()) {
          if (total <= ROWS_MAX || oldest === key) break;
          total -= sizes.get(oldest) ?? 0;
          held.delete(oldest);
          sizes.delete(oldest);
        }
      },
      () => held.delete(key),
    );
    return found;
  };
}

/** Every text and number in a value. */
function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}

/** The rows that a query finds, in its order. */
export function select({ rows, texts }: Table, { text = '', where = [], sort }: RowQuery): Table['rows'] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found =
    words.length === 0 && where.length === 0
      ? [...rows]
      : rows.filter(
          (row, i) =>
            words.every((word) => texts[i]!.includes(word)) &&
            where.every(([field, value]) => row[field] === value),
        );
  if (sort === undefined) return found;
  const isDescending = sort.startsWith('-');
  const field = isDescending ? sort.slice(1) : sort;
  const key = (row: Readonly<Record<string, unknown>>) => {
    const value = row[field];
    return Array.isArray(value) ? value.join(';') : (value as string | number | boolean | undefined);
  };
  const compare = (a: ReturnType<typeof key>, b: ReturnType<typeof key>) =>
    a === b ? 0 : a === undefined ? -1 : b === undefined ? 1 : a < b ? -1 : 1;
  return found.sort((a, b) => (isDescending ? -1 : 1) * compare(key(a), key(b)));
}
