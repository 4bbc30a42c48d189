import type { Log } from '@margay/runtime';
import type { Warning } from '@margay/runtime/nest';

/** What the log says of a manifest that is not used. */
export const NOT_USED = 'A GlobalReport is not used';

/** So many are named at once; the others are counted. */
const NAMED = 10;

/** The GlobalReports of files that are not used, and why: each is said once in the log, and those of now are a warning of `/readyz`. */
export class NotUsed {
  readonly #log: Log;
  readonly #said = new Set<string>();
  readonly #ofCluster = new Map<string, readonly string[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** These, a sentence each, are all of a cluster. */
  are(cluster: string, problems: readonly string[]): void {
    this.#ofCluster.set(cluster, problems);
    for (const problem of problems) {
      if (!this.#said.has(problem)) this.#log.warn(NOT_USED, { problem });
      this.#said.add(problem);
    }
  }

  warning(): Warning | undefined {
    // Those of a folder are not used in any of its clusters.
    const all = [...new Set([...this.#ofCluster.values()].flat())];
    if (all.length === 0) return undefined;
    const more = all.length > NAMED ? [`and ${all.length - NAMED} more, which the log says`] : [];
    return { warning: `Not used: ${[...all.slice(0, NAMED), ...more].join('; ')}` };
  }
}
