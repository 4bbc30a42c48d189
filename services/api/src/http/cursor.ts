import { refused } from '@margay/runtime';

/** A place in a list, as clients give it back. */
export const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');

/** The place that a cursor stands for. */
export const placeOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

/** The cursor stands for no place of this list. */
export const otherList = () => refused('The cursor is of another list: begin again without it.');
