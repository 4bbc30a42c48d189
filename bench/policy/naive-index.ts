import { type Labels, parseSelector, type Selector } from '@margay/policy';

/** Which selectors match which items, by evaluating everything on every change: what the index is compared with. */
export class NaiveIndex {
  readonly #items = new Map<string, Labels>();
  readonly #selectors = new Map<string, Selector>();
  readonly #matches = new Map<string, Set<string>>();

  setItem(id: string, labels: Labels): void {
    this.#items.set(id, labels);
    const matches = new Set<string>();
    for (const [name, selector] of this.#selectors) if (selector.matches(labels)) matches.add(name);
    this.#matches.set(id, matches);
  }

  setSelector(name: string, text: string): void {
    const selector = parseSelector(text);
    this.#selectors.set(name, selector);
    for (const [id, labels] of this.#items) {
      if (selector.matches(labels)) this.#matches.get(id)?.add(name);
      else this.#matches.get(id)?.delete(name);
    }
  }
}
