import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFirstObject, type Change } from '@margay/history';
import { makeFolder, replaceFile } from '@margay/runtime';

/**
 * The uids of clusters, as far as sources showed them: that of the namespace kube-system. What a source showed itself counts for what it
 * brings; of one that never did, what another of the same cluster showed first, also before this process began.
 */
export class ClusterUids {
  readonly #file: string | undefined;
  readonly #byCluster: Map<string, string>;
  readonly #bySource = new Map<string, string>();
  readonly #said: ReadonlyMap<string, string>;

  /**
   * @param directory in which it is remembered; nowhere unless given.
   * @param said by whoever set it up: it counts for sources that showed nothing themselves.
   */
  constructor(directory?: string, said: ReadonlyMap<string, string> = new Map()) {
    this.#said = said;
    this.#file = directory === undefined ? undefined : join(directory, 'cluster-uids.json');
    this.#byCluster = new Map(Object.entries(readUids(this.#file)));
  }

  /**
   * The uid of the cluster that a source is of, after changes of it; undefined where nothing showed it yet.
   *
   * @throws Error, which names the file, where it cannot be remembered. It is not known then either: who comes again writes it again.
   */
  of(cluster: string, source: string, changes: readonly Change[]): string | undefined {
    const place = `${cluster} ${source}`;
    for (const change of changes)
      if (isFirstObject(change) && change.uid !== undefined) this.#learn(cluster, place, change.uid);
    return this.#bySource.get(place) ?? this.#said.get(cluster) ?? this.#byCluster.get(cluster);
  }

  #learn(cluster: string, place: string, uid: string): void {
    this.#bySource.set(place, uid);
    if (this.#byCluster.has(cluster)) return;
    if (this.#file !== undefined) writeUids(this.#file, new Map(this.#byCluster).set(cluster, uid));
    this.#byCluster.set(cluster, uid);
  }
}

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
