import type { LabelledItem } from '../model/items.ts';
import type { Selector } from '../selector/selector.ts';
import { coverOf } from './cover.ts';
import { Entry, groupKey, LabelGroup, Parent, type Term } from './label-group.ts';
import { Terms } from './terms.ts';

/**
 * Which selectors match which items, kept up to date while items, parents and selectors come and go in any order.
 *
 * `M` are the items' owners, `U` the selectors' users. Changes are gathered and take effect with `settle`.
 *
 * - Items with the same labels and parents are one group, evaluated once.
 * - A selector is filed under the rarest label terms that anything it matches must have, so a changed item tries only
 *   the selectors filed under its labels, and a new selector only the items that have its terms. Which terms are
 *   rarest is observed, and looked at again for selectors that are often tried in vain.
 * - Parents' labels are indexed once each and never copied to their children.
 */
export class SelectorIndex<M, U> {
  readonly #terms = new Terms<M, U>();
  readonly #groups = new Map<string, LabelGroup<M, U>>();
  readonly #parents = new Map<string, Parent<M, U>>();
  readonly #entries = new Map<string, Entry<M, U>>();
  /** Selectors that no term covers: tried on everything. */
  readonly #unfiled = new Set<Entry<M, U>>();
  readonly #changedGroups = new Set<LabelGroup<M, U>>();
  readonly #newEntries = new Set<Entry<M, U>>();
  readonly #onChange: (group: LabelGroup<M, U>, entry: Entry<M, U>) => void;
  #evaluation = 0;
  #settling = 0;

  /** `onChange` is told of each match that starts or stops. */
  constructor(onChange: (group: LabelGroup<M, U>, entry: Entry<M, U>) => void) {
    this.#onChange = onChange;
  }

  /** The group of an item of a kind; items of different kinds are never in one group. Add a member to keep it. */
  group(kind: string, item: LabelledItem): LabelGroup<M, U> {
    const key = groupKey(kind, item);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const parents = [...new Set(item.parents)].map((name) => this.#parent(name));
    const group = new LabelGroup<M, U>(key, item, parents);
    this.#groups.set(key, group);
    for (const [label, value] of item.own) {
      const term = this.#terms.term(label, value);
      group.terms.link(term.groups);
      term.label.reach++;
    }
    for (const parent of parents) {
      parent.groups.add(group);
      for (const { owner } of parent.terms.others) countInherited(owner, 1);
    }
    this.#changedGroups.add(group);
    return group;
  }

  /** All groups, in no particular order. */
  groups(): Iterable<LabelGroup<M, U>> {
    return this.#groups.values();
  }

  /** What a parent hands down now. */
  labelsOf(parent: string): ReadonlyMap<string, string> {
    return this.#parents.get(parent)?.labels ?? new Map<string, string>();
  }

  /** The groups that inherit from a parent. */
  groupsUnder(parent: string): Iterable<LabelGroup<M, U>> {
    return this.#parents.get(parent)?.groups ?? [];
  }

  /** Takes a member out of its group; a group without members is forgotten. */
  leave(group: LabelGroup<M, U>, member: M): void {
    group.members.delete(member);
    if (group.members.size > 0) return;
    this.#groups.delete(group.key);
    this.#changedGroups.delete(group);
    const terms = group.terms.others.map(({ owner }) => owner);
    group.terms.clear();
    for (const term of terms) {
      term.label.reach--;
      this.#terms.release(term);
    }
    for (let i = group.matches.size - 1; i >= 0; i--) this.#stop(group, i);
    for (const parent of group.parents) {
      parent.groups.delete(group);
      for (const { owner } of parent.terms.others) countInherited(owner, -1);
      this.#releaseParent(parent);
    }
  }

  /** Sets what a parent hands down; an empty map where it is gone. */
  setParent(name: string, labels: ReadonlyMap<string, string>): void {
    const parent = this.#parent(name);
    const before = parent.labels;
    parent.labels = labels;
    let changed = false;
    for (let i = parent.terms.size - 1; i >= 0; i--) {
      const term = parent.terms.others[i]?.owner;
      if (term === undefined || labels.get(term.label.name) === term.value) continue;
      changed = true;
      parent.terms.unlinkAt(i);
      countInherited(term, -parent.groups.size);
      this.#terms.release(term);
    }
    for (const [label, value] of labels) {
      if (before.get(label) === value) continue;
      changed = true;
      const term = this.#terms.term(label, value);
      parent.terms.link(term.parents);
      countInherited(term, parent.groups.size);
    }
    if (changed) for (const group of parent.groups) this.#changedGroups.add(group);
    this.#releaseParent(parent);
  }

  /** Adds a user of a selector. Selectors with one canonical text share an entry. */
  use(selector: Selector, user: U): Entry<M, U> {
    let entry = this.#entries.get(selector.canonical);
    if (entry === undefined) {
      entry = new Entry(selector);
      this.#entries.set(selector.canonical, entry);
      this.#newEntries.add(entry);
    }
    entry.users.add(user);
    return entry;
  }

  /** Takes away a user of a selector; one without users is forgotten. */
  release(entry: Entry<M, U>, user: U): void {
    entry.users.delete(user);
    if (entry.users.size > 0) return;
    this.#entries.delete(entry.selector.canonical);
    if (!this.#newEntries.delete(entry)) this.#unfile(entry);
    for (let i = entry.groups.size - 1; i >= 0; i--) {
      const group = entry.groups.others[i]?.owner;
      entry.groups.unlinkAt(i);
      if (group !== undefined) this.#onChange(group, entry);
    }
  }

  /** Brings all matches up to date. Each pair of a changed group or new selector with another is looked at once. */
  settle(): void {
    if (this.#changedGroups.size === 0 && this.#newEntries.size === 0) return;
    this.#settling++;
    for (const entry of this.#newEntries) this.#file(entry);
    for (const group of this.#changedGroups) this.#evaluateGroup(group);
    this.#changedGroups.clear();
    for (const entry of this.#newEntries) this.#evaluateEntry(entry);
    this.#newEntries.clear();
  }

  #evaluateGroup(group: LabelGroup<M, U>): void {
    const now = ++this.#evaluation;
    group.settled = this.#settling;
    const matched: Entry<M, U>[] = [];
    const impatient: Entry<M, U>[] = [];
    const tryAll = (entries: Iterable<Entry<M, U>>) => {
      for (const entry of entries) {
        if (entry.tried === now) continue;
        entry.tried = now;
        if (entry.selector.matches(group)) {
          entry.matched = now;
          matched.push(entry);
        } else if (++entry.misses > entry.patience) impatient.push(entry);
      }
    };
    const tryTerm = (term: Term<M, U>) => {
      if (term.entries !== undefined) tryAll(term.entries);
      if (term.label.entries.size > 0) tryAll(term.label.entries);
    };
    for (const { owner } of group.terms.others) tryTerm(owner);
    for (const parent of group.parents) for (const { owner } of parent.terms.others) tryTerm(owner);
    if (this.#unfiled.size > 0) tryAll(this.#unfiled);

    for (let i = group.matches.size - 1; i >= 0; i--) {
      const entry = group.matches.others[i]?.owner;
      if (entry?.matched === now) entry.kept = now;
      else this.#stop(group, i);
    }
    for (const entry of matched) if (entry.kept !== now) this.#start(group, entry);
    for (const entry of impatient) this.#fileAgain(entry);
  }

  #evaluateEntry(entry: Entry<M, U>): void {
    const now = ++this.#evaluation;
    const tryGroup = (group: LabelGroup<M, U>) => {
      if (group.seen === now || group.settled === this.#settling) return;
      group.seen = now;
      if (entry.selector.matches(group)) this.#start(group, entry);
    };
    const tryTerm = (term: Term<M, U> | undefined) => {
      if (term === undefined) return;
      for (const { owner } of term.groups.others) tryGroup(owner);
      for (const { owner } of term.parents.others) for (const group of owner.groups) tryGroup(group);
    };
    if (entry.cover === undefined) {
      for (const group of this.#groups.values()) tryGroup(group);
      return;
    }
    for (const { label, value } of entry.cover) {
      const name = this.#terms.name(label);
      if (value !== undefined) tryTerm(name?.terms.get(value));
      else if (name !== undefined) for (const term of name.terms.values()) tryTerm(term);
    }
  }

  #start(group: LabelGroup<M, U>, entry: Entry<M, U>): void {
    group.matches.link(entry.groups);
    this.#onChange(group, entry);
  }

  #stop(group: LabelGroup<M, U>, index: number): void {
    const entry = group.matches.others[index]?.owner;
    group.matches.unlinkAt(index);
    if (entry !== undefined) this.#onChange(group, entry);
  }

  #file(entry: Entry<M, U>): void {
    entry.cover = coverOf(entry.selector.expression, (label, value) => this.#terms.reach(label, value));
    if (entry.cover === undefined) this.#unfiled.add(entry);
    else for (const term of entry.cover) this.#terms.file(entry, term);
  }

  #unfile(entry: Entry<M, U>): void {
    if (entry.cover === undefined) this.#unfiled.delete(entry);
    else for (const term of entry.cover) this.#terms.unfile(entry, term);
  }

  /** Looks for a better place, and waits twice as long the next time. */
  #fileAgain(entry: Entry<M, U>): void {
    entry.misses = 0;
    entry.patience *= 2;
    if (entry.cover === undefined) return;
    this.#unfile(entry);
    this.#file(entry);
  }

  #parent(name: string): Parent<M, U> {
    let parent = this.#parents.get(name);
    if (parent === undefined) {
      parent = new Parent(name);
      this.#parents.set(name, parent);
    }
    return parent;
  }

  #releaseParent(parent: Parent<M, U>): void {
    if (parent.groups.size === 0 && parent.labels.size === 0) this.#parents.delete(parent.name);
  }
}

function countInherited<M, U>(term: Term<M, U>, groups: number): void {
  term.inherited += groups;
  term.label.reach += groups;
}
