/**
 * Orders resourceVersions: decimal texts of any length, by length and then by digits; below zero if `a` is the older
 * one. An absent one comes first.
 */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a.length - b.length || (a < b ? -1 : 1);
}

const NUMBER = /^\d+$/;

/** Whether both are numbers, which alone say by themselves which is the older one. */
export const areComparable = (a: string, b: string): boolean => NUMBER.test(a) && NUMBER.test(b);
