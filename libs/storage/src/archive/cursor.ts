import type { Instant } from '@margay/ground';

/** The place after a header in the order of headers. */
export interface HeaderPlace {
  readonly end: Instant;
  readonly id: string;
}

/** The cursor that goes on after the header. */
export function cursorAfter({ end, id }: HeaderPlace): string {
  return Buffer.from(JSON.stringify([end, id])).toString('base64url');
}

/** The place that a cursor names. @throws RangeError when it is none of ours. */
export function placeOf(cursor: string): HeaderPlace {
  try {
    const [end, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof end === 'number' && typeof id === 'string') return { end, id };
  } catch {
    // Not JSON: answered below like any other text that is no cursor.
  }
  throw new RangeError(`"${cursor}" is no cursor of this list: begin again without one.`);
}
