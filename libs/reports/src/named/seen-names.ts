import { at, keyText, nonEmptyText } from '@margay/ground';
import type { AskedName, Version } from '@margay/history';
import type { Mention } from './mentions.ts';

/** Where the API server cuts off what it makes names of, before it adds five characters. */
const BEGINNING_MAX = 58;

/** The names of objects that were seen, by resource and namespace. */
export class SeenNames {
  readonly #names = new Map<string, Map<string, Set<string>>>();

  constructor(versions: readonly Version[]) {
    for (const { resource, namespace, name, content } of versions) {
      this.#add(resource, namespace, name);
      // Flow logs may call a host endpoint by its node.
      if (resource !== 'hostendpoints') continue;
      const node = nonEmptyText(at(content, 'spec', 'node'));
      if (node !== undefined) this.#add(resource, '', node);
    }
  }

  /** Whether an object of the name was seen, or one whose name begins like this. */
  has(resource: string, namespace: string, name: string): boolean {
    const names = this.#names.get(resource)?.get(namespace);
    if (names === undefined) return false;
    if (!name.endsWith('*')) return names.has(name);
    const beginning = beginningOf(name);
    return [...names].some((one) => one.startsWith(beginning));
  }

  #add(resource: string, namespace: string, name: string): void {
    let byNamespace = this.#names.get(resource);
    if (byNamespace === undefined) this.#names.set(resource, (byNamespace = new Map()));
    const names = byNamespace.get(namespace);
    if (names === undefined) byNamespace.set(namespace, new Set([name]));
    else names.add(name);
  }
}

/** What the history is asked of a mention; undefined for kinds of which it has nothing. */
export function askedName({ of: { kept }, namespace, name }: Mention): AskedName | undefined {
  if (kept === undefined) return undefined;
  return name.endsWith('*')
    ? { ...kept, namespace, name: beginningOf(name), isBeginning: true }
    : { ...kept, namespace, name };
}

/** One text for each name that may be asked. */
export const askedText = (asked: AskedName): string => `${keyText(asked)}${asked.isBeginning ? '*' : ''}`;

const beginningOf = (name: string): string => name.slice(0, -1).slice(0, BEGINNING_MAX);
