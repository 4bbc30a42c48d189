import { isNotFound } from '@margay/kubernetes';
import type { Log } from '@margay/runtime';

const LOST = 'Objects of the cluster cannot be followed';
const LED =
  'Another installation schedules the GlobalReports of this cluster, and writes their status: no report is begun here';
const BACK = 'Objects of the cluster are followed again';

/** Whether what is followed in the cluster can be: told once when it cannot, and once when it can again. */
export class Followed {
  readonly #log: Log;
  readonly #reasons = new Map<string, string>();
  /** What was there at least once: it is as it was last while it cannot be followed. */
  readonly #known = new Set<string>();
  #ledBy: string | undefined;
  #missing: string | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Objects were seen, or could not be, for a reason. */
  seen(objects: string, reason: string | undefined): void {
    const before = this.#reasons.get(objects);
    if (reason === undefined) {
      this.#known.add(objects);
      if (this.#reasons.delete(objects)) this.#log.info(BACK, { objects });
    } else {
      this.#reasons.set(objects, reason);
      if (before === undefined) this.#log.warn(LOST, { objects, reason });
    }
  }

  /** Another installation schedules the GlobalReports; undefined where this one does. */
  led(by: string | undefined): void {
    if (by === this.#ledBy) return;
    if (by !== undefined) this.#log.warn(LED, { by });
    else this.#log.info('This installation schedules the GlobalReports of the cluster from now on');
    this.#ledBy = by;
  }

  /** Built-in types are not in the cluster and could not be made, for a reason: no report of these is scheduled. Of none where all are. */
  missing(types: readonly string[], reason: string): void {
    this.#missing =
      types.length === 0
        ? undefined
        : `No report is begun of the GlobalReportTypes ${types.join(', ')}, which are built in and missing in the cluster: they could not be made again: ${reason}`;
  }

  /** Why there is nothing to go by, or a warning where there is what was seen last. */
  problem(): string | { readonly warning: string } | undefined {
    const words = (all: readonly [string, string][]) =>
      all.map(([objects, reason]) => `${objects} cannot be followed: ${reason}`).join('. ');
    const [old, never] = [true, false].map((isKnown) =>
      [...this.#reasons].filter(([objects]) => this.#known.has(objects) === isKnown),
    ) as [[string, string][], [string, string][]];
    if (never.length > 0) return words(never);
    const warnings = [
      ...(old.length > 0 ? [words(old)] : []),
      // Whoever leads keeps the types.
      ...(this.#ledBy === undefined ? [] : [`${LED}: ${this.#ledBy}`]),
      ...(this.#missing === undefined || this.#ledBy !== undefined ? [] : [this.#missing]),
    ];
    return warnings.length > 0 ? { warning: warnings.join('. ') } : undefined;
  }
}

/** Why objects of an API group cannot be followed, undefined where they can: a group that lacks them may be another product's. */
export function whyNotFollowed(error: Error | undefined, group: string): string | undefined {
  return isNotFound(error)
    ? `the API server serves none in ${group}: apply their definitions, or set the API group that they have (docs/coexistence.md)`
    : error?.message;
}
