import type { CoverTerm } from './cover.ts';
import type { Entry, LabelName, Term } from './label-group.ts';
import { End } from './links.ts';

/** Every label of the groups, the parents and the filed selectors. */
export class Terms<M, U> {
  readonly #names = new Map<string, LabelName<M, U>>();

  name(label: string): LabelName<M, U> | undefined {
    return this.#names.get(label);
  }

  /** How many groups have the label, with this value or with any. Those that own and inherit it count twice. */
  reach(label: string, value: string | undefined): number {
    const name = this.#names.get(label);
    if (name === undefined) return 0;
    // Among terms that reach equally many, the less crowded one.
    if (value === undefined) return name.reach + name.entries.size * 1e-6;
    const term = name.terms.get(value);
    return term === undefined ? 0 : term.groups.size + term.inherited + (term.entries?.size ?? 0) * 1e-6;
  }

  /** The term of a label and value, made if need be. */
  term(label: string, value: string): Term<M, U> {
    const name = this.#nameOrNew(label);
    let term = name.terms.get(value);
    if (term === undefined) {
      term = newTerm(name, value);
      name.terms.set(value, term);
    }
    return term;
  }

  /** Forgets a term that nothing uses any more. */
  release(term: Term<M, U>): void {
    if (term.groups.size > 0 || term.parents.size > 0 || term.entries !== undefined) return;
    term.label.terms.delete(term.value);
    this.#releaseName(term.label);
  }

  /** Files a selector under a term of its cover. */
  file(entry: Entry<M, U>, { label, value }: CoverTerm): void {
    if (value === undefined) this.#nameOrNew(label).entries.add(entry);
    else {
      const term = this.term(label, value);
      term.entries ??= new Set();
      term.entries.add(entry);
    }
  }

  /** Takes a selector away from a term of its cover. */
  unfile(entry: Entry<M, U>, { label, value }: CoverTerm): void {
    const name = this.#names.get(label);
    if (name === undefined) return;
    if (value === undefined) {
      name.entries.delete(entry);
      this.#releaseName(name);
      return;
    }
    const term = name.terms.get(value);
    if (term === undefined) return;
    term.entries?.delete(entry);
    if (term.entries?.size === 0) term.entries = undefined;
    this.release(term);
  }

  #nameOrNew(label: string): LabelName<M, U> {
    let name = this.#names.get(label);
    if (name === undefined) {
      name = { name: label, terms: new Map(), entries: new Set(), reach: 0 };
      this.#names.set(label, name);
    }
    return name;
  }

  #releaseName(name: LabelName<M, U>): void {
    if (name.terms.size === 0 && name.entries.size === 0) this.#names.delete(name.name);
  }
}

function newTerm<M, U>(label: LabelName<M, U>, value: string): Term<M, U> {
  const term: { -readonly [K in keyof Term<M, U>]?: Term<M, U>[K] } = {
    label,
    value,
    entries: undefined,
    inherited: 0,
  };
  term.groups = new End(term as Term<M, U>);
  term.parents = new End(term as Term<M, U>);
  return term as Term<M, U>;
}
