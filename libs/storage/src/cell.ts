import type { ArchivedHeader } from './archive/archive.ts';
import type { Asides } from './asides/asides.ts';
import type { Stores } from './stores.ts';

/** The newest headers of an archive, or why they cannot be read. */
export type Newest = PromiseSettledResult<readonly ArchivedHeader[]>;

/** The stores of the clusters that share brokers and indices, each cluster's by themselves. */
export interface Cell {
  /** Their names, at least one: the first is meant where none is named. */
  readonly clusters: readonly string[];
  /**
   * The stores of one of them, always the same ones; they are closed with the cell.
   *
   * @throws Error for any other cluster: what belongs to it must not come into the history of another.
   */
  of(cluster: string): Stores;

  /**
   * Where it is remembered what was set aside of a cluster, also of one that is none of these: its stores have it where others know it, or
   * these do later. Nothing is opened or made for a name; undefined where no others can come to be kept here.
   */
  asidesOf(cluster: string): Asides | undefined;

  /**
   * Of each cluster the newest headers of its archive, see there, or why they cannot be read: of a thousand clusters as fast as of one, once they
   * are known.
   */
  newest(): Promise<ReadonlyMap<string, Newest>>;
}

/**
 * The cell of stores by cluster.
 *
 * @param asidesOfOthers see {@link Cell.asidesOf}.
 */
export function cellOver(
  stores: ReadonlyMap<string, Stores>,
  asidesOfOthers: (cluster: string) => Asides | undefined = () => undefined,
): Cell {
  const clusters = [...stores.keys()];
  return {
    clusters,
    of(cluster) {
      const found = stores.get(cluster);
      if (found === undefined)
        throw new Error(`Nothing is kept here of a cluster ${cluster}: known are ${clusters.join(', ')}`);
      return found;
    },
    asidesOf: (cluster) => stores.get(cluster)?.asides ?? asidesOfOthers(cluster),
    async newest() {
      // What fails at once fails as what fails later.
      const asked = [...stores.values()].map(async ({ archive }) => archive.newest());
      const found = await Promise.allSettled(asked);
      return new Map(clusters.map((cluster, i) => [cluster, found[i]!]));
    },
  };
}
