import type { Confirmers } from '@margay/confirmations';

interface Unconfirmed {
  readonly cluster: string;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Why he did not confirm it when he was asked last; absent before he answered. */
  reason?: string;
}

/** Whose confirmation the heads of logs lack, and since when. */
export class Unconfirmeds {
  readonly #confirmers: Confirmers;
  readonly #all = new Map<string, Unconfirmed>();

  constructor(confirmers: Confirmers) {
    this.#confirmers = confirmers;
  }

  add(cluster: string, by: string, since: number): void {
    const key = keyOf(cluster, by);
    if (!this.#all.has(key)) this.#all.set(key, { cluster, by, since });
  }

  /** @returns whether it is another reason than before. */
  explain(cluster: string, by: string, reason: string): boolean {
    const found = this.#all.get(keyOf(cluster, by));
    const isNew = found !== undefined && found.reason !== reason;
    if (found !== undefined) found.reason = reason;
    return isNew;
  }

  /** @returns whether he had not confirmed when he was asked. */
  delete(cluster: string, by: string): boolean {
    const key = keyOf(cluster, by);
    const found = this.#all.get(key);
    this.#all.delete(key);
    return found?.reason !== undefined;
  }

  /** Who did not confirm when he was asked, in sentences. */
  words(): string[] {
    return [...this.#all.values()]
      .filter(({ reason }) => reason !== undefined)
      .map(
        ({ cluster, by, since, reason }) =>
          `${by} has not confirmed the head of the log of ${cluster} since ${new Date(since).toISOString()}: ${reason}.`,
      );
  }

  /** For how long a log has had entries that too few witnesses cosigned, or that have no timestamp; 0 where there are none. */
  ages(cluster: string, now: number): { readonly by: 'witnesses' | 'timestamp'; readonly seconds: number }[] {
    const { all, witnessesNeeded } = this.#confirmers;
    const kinds = [
      { by: 'witnesses', kind: 'cosignature', needed: witnessesNeeded },
      { by: 'timestamp', kind: 'timestamp', needed: 1 },
    ] as const;
    return kinds.flatMap(({ by, kind, needed }) => {
      const ofKind = all.filter((each) => each.kind === kind);
      if (ofKind.length === 0) return [];
      const sinces = ofKind
        .flatMap((each) => this.#all.get(keyOf(cluster, each.by))?.since ?? [])
        .sort((a, b) => a - b);
      // When so many had not that the others were too few.
      const since = sinces[ofKind.length - needed];
      return [{ by, seconds: since === undefined ? 0 : Math.max(0, (now - since) / 1_000) }];
    });
  }
}

const keyOf = (cluster: string, by: string): string => JSON.stringify([cluster, by]);
