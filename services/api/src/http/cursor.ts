import { refused } from '@margay/runtime';

/** A place in a list, as clients give it back. */
export const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');

/** The place that a cursor stands for. */
export const placeOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

/** The cursor stands for no place of this list. */
export const otherList = () => refused('The cursor is of another list: begin again without it.');

/** Which part of a list is asked for: so many behind the place that the cursor stands for; the first ones without it. */
interface AskedPart {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * The part of a list that is asked for, of how many it is, and the cursor for what is behind it; null where nothing is.
 *
 * @throws Problem 400 where the cursor stands for nothing in it.
 */
export function partOf<T>(found: readonly T[], idOf: (one: T) => string, { cursor, limit }: AskedPart) {
  const place = cursor === undefined ? undefined : placeOf(cursor);
  const from = place === undefined ? 0 : found.findIndex((one) => idOf(one) === place) + 1;
  if (place !== undefined && from === 0) throw otherList();
  const part = found.slice(from, from + limit);
  const last = part.at(-1);
  const isEnd = last === undefined || from + part.length >= found.length;
  return { part, total: found.length, next: isEnd ? null : cursorOf(idOf(last)) };
}
