/** What a person at a terminal is told while everything runs in one process. */
export type UpEvent =
  | { readonly kind: 'lines'; readonly path: string; readonly lines: number }
  | {
      readonly kind: 'unreadable';
      readonly source: string;
      /** The source, and the line in it where that is known. */
      readonly where: string;
      readonly message: string;
      readonly total: number;
    }
  | { readonly kind: 'keeping'; readonly waiting: number }
  | { readonly kind: 'unwatched'; readonly reason: string }
  | { readonly kind: 'kept' }
  | { readonly kind: 'computing'; readonly left: number }
  | { readonly kind: 'baseline'; readonly objects: number; readonly ends: number; readonly kinds: number }
  | { readonly kind: 'not-used'; readonly problem: string }
  | {
      readonly kind: 'attempt-failed';
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | { readonly kind: 'dead-letter'; readonly topic: string; readonly reason: string };

export type Tell = (event: UpEvent) => void;
