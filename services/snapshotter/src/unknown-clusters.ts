/** So long it is said that something was set aside, in milliseconds. */
const SAID = 3_600_000;
/** Of so many clusters, at the most: who may publish names as many as he likes. */
const NAMED_MAX = 20;

/** Clusters of which something was set aside lately, since they are not known here. */
export class UnknownClusters {
  readonly #known: readonly string[];
  readonly #now: () => number;
  readonly #at = new Map<string, number>();

  /** @param now milliseconds of the clock. */
  constructor(known: readonly string[], now: () => number = () => Date.now()) {
    this.#known = known;
    this.#now = now;
  }

  note(cluster: string): void {
    // Those that were noted last are at the end.
    this.#at.delete(cluster);
    this.#at.set(cluster, this.#now());
    if (this.#at.size > NAMED_MAX) this.#at.delete([...this.#at.keys()][0]!);
  }

  /** What to say of them, and what to do; undefined where there are none. */
  words(): string | undefined {
    const since = this.#now() - SAID;
    const names = [...this.#at].flatMap(([name, at]) => (at > since ? [name] : [])).sort();
    return names.length === 0
      ? undefined
      : `Within the last hour evidence of ${names.join(', ')} was set aside, since CLUSTERS here has ${this.#known.join(', ')} alone: where it belongs to them, give every service the same CLUSTERS, and publish it again with margay dlq replay.`;
  }
}
