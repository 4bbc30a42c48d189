import type { LabelledItem } from '../model/items.ts';
import type { Selector } from '../selector/selector.ts';
import type { CoverTerm } from './cover.ts';
import { End } from './links.ts';

/** A label name: its values, and the selectors that are looked for under any value of it. */
export interface LabelName<M, U> {
  readonly name: string;
  readonly terms: Map<string, Term<M, U>>;
  readonly entries: Set<Entry<M, U>>;
  /** How many groups have it, own or inherited. */
  reach: number;
}

/** A label name and value: the groups and parents that have it, and the selectors that are looked for under it. */
export interface Term<M, U> {
  readonly label: LabelName<M, U>;
  readonly value: string;
  readonly groups: End<Term<M, U>, LabelGroup<M, U>>;
  readonly parents: End<Term<M, U>, Parent<M, U>>;
  entries: Set<Entry<M, U>> | undefined;
  /** How many groups inherit it. */
  inherited: number;
}

/** What labels are inherited from: a namespace, a service account, a profile. There before and after its object is. */
export class Parent<M, U> {
  readonly name: string;
  labels: ReadonlyMap<string, string> = new Map();
  readonly groups = new Set<LabelGroup<M, U>>();
  readonly terms: End<Parent<M, U>, Term<M, U>> = new End(this);

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Items that are alike to every selector: the same own labels and the same parents, such as the pods of one
 * ReplicaSet. Selectors are evaluated once for all of them.
 */
export class LabelGroup<M, U> {
  readonly key: string;
  readonly item: LabelledItem;
  readonly #own: ReadonlyMap<string, string>;
  readonly parents: readonly Parent<M, U>[];
  readonly members = new Set<M>();
  /** Its own labels. */
  readonly terms: End<LabelGroup<M, U>, Term<M, U>> = new End(this);
  /** The selectors that match it. */
  readonly matches: End<LabelGroup<M, U>, Entry<M, U>> = new End(this);
  /** What the index's owner works out from its matches; fields here, since looking groups up costs more than the rest. */
  derived: unknown = undefined;
  changed = false;
  /** The last evaluation that looked at it. */
  seen = 0;
  /** The last settling that evaluated all selectors on it. */
  settled = 0;

  constructor(key: string, item: LabelledItem, parents: readonly Parent<M, U>[]) {
    this.key = key;
    this.item = item;
    this.#own = item.own;
    this.parents = parents;
  }

  /** The value of a label: its own, else the first parent's that has it. */
  get(name: string): string | undefined {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    for (let i = 0; i < this.parents.length; i++) {
      const inherited = this.parents[i]?.labels.get(name);
      if (inherited !== undefined) return inherited;
    }
    return undefined;
  }
}

/** A selector in use, shared by all users whose selectors have the same canonical text. */
export class Entry<M, U> {
  readonly selector: Selector;
  readonly users = new Set<U>();
  /** The groups that it matches. */
  readonly groups: End<Entry<M, U>, LabelGroup<M, U>> = new End(this);
  /** Where it is filed; undefined if it must be tried on everything. */
  cover: readonly CoverTerm[] | undefined = [];
  /** The last evaluation that tried it, that it matched, and that had it as a match before. */
  tried = 0;
  matched = 0;
  kept = 0;
  /** Tries in vain since it was filed, and how many make a better place worth looking for. */
  misses = 0;
  patience = 64;

  constructor(selector: Selector) {
    this.selector = selector;
  }
}

/** A text that is equal for items of one group. */
export function groupKey(
  kind: string,
  { own, parents, namespace, serviceAccount, partlyKnown }: LabelledItem,
): string {
  const names = [...own.keys()].sort();
  let key = `${kind}${partlyKnown ? '?' : ''}\0${namespace}\0${serviceAccount}\0${parents.length}`;
  for (const parent of parents) key += `\0${parent}`;
  // A value may hold anything, so its length stands before it.
  for (const name of names) {
    const value = own.get(name) ?? '';
    key += `\0${name}\0${value.length}\0${value}`;
  }
  return key;
}
