/**
 * What is not known of an object, from what its last sight shows.
 *
 * - `be-gone`: it is as it was last seen, or it does not exist any more.
 * - `differ`: it exists, and of its content only what cannot change is known.
 * - `be-anything`: it may be as it was, be something else, be another object of the name, or not exist.
 */
export interface Doubted {
  /** Of the doubt. */
  readonly id: string;
  readonly may: 'be-gone' | 'differ' | 'be-anything';
}

/** Objects of a kind that nobody saw and that may exist all the same. */
export interface Unseen {
  /** Of the doubt. */
  readonly id: string;
  /** Of which kind; a kind that plays no part here is taken for one that restricts traffic in ways of its own. */
  readonly group: string;
  readonly resource: string;
  /** Where; everywhere unless given. */
  readonly namespace?: string;
}

/** Whether both leave the same open, for the same reason. */
export function sameDoubt(a: Doubted | undefined, b: Doubted | undefined): boolean {
  return a?.id === b?.id && a?.may === b?.may;
}
