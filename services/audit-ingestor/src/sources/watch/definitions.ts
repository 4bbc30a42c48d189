import { type Instant, type Kind, SECOND } from '@margay/ground';
import { type ApiResource, waysToServe, type WatchedChanges } from '@margay/kubernetes';

interface Definition {
  readonly isThere: boolean;
  /** When it was made and removed, as far as this process saw it. */
  readonly from?: Instant;
  readonly to?: Instant;
}

/** The custom resource definitions, as their watch tells of them: they say when kinds come and go. */
export class Definitions {
  readonly #byName = new Map<string, Definition>();

  /** @param names of those that existed where the watch goes on. */
  constructor(names: Iterable<string>) {
    for (const name of names) this.#byName.set(name, { isThere: true });
  }

  /** @returns the groups that it is about. */
  note({ changes }: WatchedChanges): string[] {
    for (const { what, name, at } of changes) {
      const { to: _, ...before } = this.#byName.get(name) ?? { isThere: false };
      if (what === 'gone') this.#byName.set(name, { ...before, isThere: false, to: at });
      else this.#byName.set(name, before.isThere ? before : { isThere: true, from: at });
    }
    return changes.map(({ name }) => name.slice(name.indexOf('.') + 1));
  }

  /** Whether a kind is to be served since there is a definition of it. */
  isThere(kind: Kind): boolean {
    return this.#of(kind).some(({ isThere }) => isThere);
  }

  /** Whether the objects of a kind are gone with its definition. */
  isRemoved(kind: Kind): boolean {
    return this.#of(kind).length > 0 && !this.isThere(kind);
  }

  /** When there was a definition that this process did not follow any more than this: `[from, to)`; undefined where there was none. */
  passed(kind: Kind): { readonly from: Instant; readonly to: Instant } | undefined {
    const found = this.#of(kind).find(
      ({ isThere, from, to }) => !isThere && from !== undefined && to !== undefined,
    );
    return found && { from: found.from!, to: found.to! };
  }

  /** Before this there was nothing of what is served in this way; undefined where it is not known to be made by a definition. */
  emptyUntil({ resource, group }: ApiResource): Instant | undefined {
    const found = this.#byName.get(`${resource}.${group}`);
    // An event is under way for a moment.
    return found?.isThere ? (found.from ?? -Infinity) - SECOND : undefined;
  }

  #of(kind: Kind): Definition[] {
    return waysToServe(kind).flatMap(({ resource, group }) => this.#byName.get(`${resource}.${group}`) ?? []);
  }
}
