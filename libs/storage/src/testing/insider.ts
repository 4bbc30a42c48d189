import type { Stores } from '../stores.ts';

/** What an archive is kept as: documents, or rows of a table, of these kinds. */
export type Kind =
  | 'headers'
  | 'parts'
  | 'entries'
  | 'tiles'
  | 'head'
  /** What others signed of heads. */
  | 'confirmations'
  /** The newest report of each name, where a store keeps it apart. */
  | 'ends';

/** What a document says, by the names that both stores know it by. Texts are those of the store, tiles are bytes in base64. */
export type Values = Readonly<Record<string, string | number | null | undefined>>;

/** One of them, and where it is. */
export interface Kept {
  readonly place: unknown;
  readonly values: Values;
}

/** Somebody who may write whatever he likes to a store. */
export interface Insider {
  /** Those of a kind, by number or id. Of what is kept twice, each stands here once and is written and removed in both places. */
  all(kind: Kind): Promise<Kept[]>;
  /** Changes what one says; it stays where it is. */
  change(kind: Kind, kept: Kept, values: Values): Promise<void>;
  remove(kind: Kind, kept: Kept): Promise<void>;
  /** Puts another one beside one, which says the same but for these values, where it has to be. */
  add(kind: Kind, like: Kept, values: Values): Promise<void>;
}

/** An archive that is attacked again and again, each time as it was. */
export interface Target {
  /** Keeps the archive as it is now, under a name. */
  keep(name: string): Promise<void>;
  /**
   * Puts back what was kept, has it damaged, and looks at it through stores that are opened then.
   */
  attacked<T>(
    name: string,
    damage: (insider: Insider) => Promise<void>,
    look: (stores: Stores) => Promise<T>,
  ): Promise<T>;
  /** The kinds that this store has. */
  readonly kinds: ReadonlySet<Kind>;
  readonly stores: Stores;
  close(): Promise<void>;
}
