import { CLUSTER_UID_HEADER } from '@margay/contracts';
import { isFirstObject } from '@margay/history';
import { Unprocessable, type Delivery } from '@margay/messaging';
import { clusterUidOf, type Cell } from '@margay/storage';

/** A message as far as it tells whose it is. */
interface Named {
  readonly cluster: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** A message of another cluster that goes by the same name: what is kept is of the first one. */
export class OtherCluster extends Unprocessable {
  constructor(cluster: string, known: string, found: string) {
    super(
      'other-cluster',
      `Two clusters go by the name ${cluster}: what is kept is of the one whose kube-system has the uid ${shown(known)}, and this is of the one with ${shown(found)}. Give each a CLUSTER_NAME of its own: also where one was made anew`,
    );
  }
}

const UID = /^[\da-f-]{1,64}$/i;
const shown = (uid: string): string => (UID.test(uid) ? uid : 'another one');

/**
 * Tells clusters of one name apart: by the uid of their namespace kube-system, which messages carry where whoever published them knew it. The
 * uid that the history of the name has is the right one; while it has none, whatever comes is taken.
 */
export class Identities {
  readonly #cell: Cell;
  /** Those that are known, by cluster; they never change. */
  readonly #uids = new Map<string, string>();

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** Names that one cluster has, where it has several: it was renamed, or one is a copy of the other. */
  get doubles(): readonly Double[] {
    const byUid = Map.groupBy(this.#uids, ([, uid]) => uid);
    return [...byUid].flatMap(([uid, named]) =>
      named.length < 2 ? [] : [{ uid, names: named.map(([name]) => name).sort() }],
    );
  }

  /** @throws OtherCluster where one of the messages is of another cluster than its name says. */
  async check(messages: readonly Named[], deliveries: readonly Delivery[]): Promise<void> {
    // Until a history has it, which may be never, a batch asks for it once.
    const kept = new Map<string, string | undefined>();
    for (const [i, message] of messages.entries()) {
      const { cluster } = message;
      const isFirst = isFirstObject(message);
      const uid = (isFirst ? message.uid : undefined) ?? deliveries[i]?.headers[CLUSTER_UID_HEADER];
      if (uid === undefined) continue;
      if (!this.#uids.has(cluster) && !kept.has(cluster))
        kept.set(cluster, await clusterUidOf(this.#cell.of(cluster).history));
      const known = this.#uids.get(cluster) ?? kept.get(cluster);
      // It is kept with the batch at hand, as what was there first.
      if (known === undefined && !isFirst) continue;
      if (!this.#uids.has(cluster)) await this.#learn(cluster, known ?? uid);
      if (known !== undefined && known !== uid) throw new OtherCluster(cluster, known, uid);
    }
  }

  /** Also of those that nothing comes of any more: a cluster that was renamed has another name since. */
  async #learn(cluster: string, uid: string): Promise<void> {
    this.#uids.set(cluster, uid);
    for (const other of this.#cell.clusters) {
      if (this.#uids.has(other)) continue;
      const known = await clusterUidOf(this.#cell.of(other).history);
      if (known !== undefined) this.#uids.set(other, known);
    }
  }
}

/** One cluster that has several names. */
interface Double {
  readonly uid: string;
  readonly names: readonly string[];
}

/** What is to be said of it. */
export const doubleWords = ({ uid, names }: Double): string =>
  `${names.join(' and ')} have one kube-system, with the uid ${shown(uid)}: a cluster was renamed, or restored under another name beside the first. Each name has a history of its own here, and what is of both comes twice. Take the name that is not used any more out of CLUSTERS.`;
