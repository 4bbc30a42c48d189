import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourceName, tellerOf } from '@margay/coverage';
import { shownClusterUid, type Change } from '@margay/history';
import { makeFolder, replaceFile } from '@margay/runtime';

/**
 * The uids of clusters, as far as sources showed them: that of the namespace kube-system. What a source showed last counts for what it
 * brings, also after another start. Of one that never did nothing is said but what somebody set up: others may read another cluster of
 * its name, and who keeps the evidence sees by that itself which of them belong together.
 */
export class ClusterUids {
  readonly #file: string | undefined;
  /** By place: a cluster and who tells of it, see `tellerOf`. Of files of former releases by cluster and the name of the source, where it is there. */
  #shown: ReadonlyMap<string, string>;
  readonly #said: ReadonlyMap<string, string>;

  /**
   * @param directory in which it is remembered; nowhere unless given.
   * @param said by whoever set it up: it counts for sources that showed nothing themselves.
   */
  constructor(directory?: string, said: ReadonlyMap<string, string> = new Map()) {
    this.#said = said;
    this.#file = directory === undefined ? undefined : join(directory, 'cluster-uids.json');
    this.#shown = new Map(Object.entries(readUids(this.#file)));
  }

  /**
   * The uid of the cluster that a source is of, after changes of it; undefined where nothing showed it yet.
   *
   * @throws Error, which names the file, where it cannot be remembered. It is not known then either: who comes again writes it again.
   */
  of(cluster: string, source: string, changes: readonly Change[]): string | undefined {
    const place = placeOf(cluster, tellerOf('', source));
    const uid = changes.map(shownClusterUid).findLast((shown) => shown !== undefined);
    if (uid !== undefined) this.#learn(place, uid);
    return (
      this.#shown.get(place) ??
      this.#shown.get(placeOf(cluster, sourceName(source))) ??
      this.#said.get(cluster)
    );
  }

  #learn(place: string, uid: string): void {
    if (this.#shown.get(place) === uid) return;
    const shown = new Map(this.#shown).set(place, uid);
    if (this.#file !== undefined) writeUids(this.#file, shown);
    this.#shown = shown;
  }
}

/** Names of clusters have no spaces. */
const placeOf = (cluster: string, source: string): string => `${cluster} ${source}`;

/** For its owner only, whatever the umask, as all that lies beside it. */
function writeUids(file: string, uids: ReadonlyMap<string, string>): void {
  try {
    makeFolder(dirname(file), 0o700);
    replaceFile(file, JSON.stringify(Object.fromEntries(uids)), 0o600);
  } catch (error) {
    throw new Error(`The uids of clusters cannot be kept in ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What is remembered. A file that cannot be read tells nothing: sources show it again. */
function readUids(file: string | undefined): Record<string, string> {
  if (file === undefined) return {};
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(read).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
