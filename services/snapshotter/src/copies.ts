import {
  CLOCKS_APART_MAX,
  compareNumbers,
  type Change,
  type Meeting,
  numberedSight,
  type NumberedSight,
  toldSince,
  twoClusters,
} from '@margay/history';
import type { Stores } from '@margay/storage';

/** Creations that came last, of which it is asked whether something outlived them. */
const BIRTHS_MAX = 50;
/** So often it is asked, at the most. */
const LOOKED_MILLISECONDS = 10_000;

/** What this process knows of one cluster. */
interface Known {
  /** Two clusters tell their changes under its name. */
  isTwo: boolean;
  /** A number that was given twice. */
  meeting?: Meeting;
  /** By number. */
  births: readonly NumberedSight[];
  /** The latest request that was told of. */
  latest: number;
  /** When it was asked last, by a clock that does not jump. */
  looked: number;
}

/**
 * Looks whether a cluster and a copy of it tell their changes under one name and uid (see `twoClustersIn`). Where they do, the history
 * gets a doubt about everything, which nothing ends.
 *
 * Numbers that were given twice are looked for in each batch. Where one was found, creations that came last are looked at, until
 * something has outlived one of them: in a history of one cluster nothing does.
 */
export class Copies {
  readonly #now: () => number;
  readonly #known = new Map<string, Promise<Known>>();

  /** @param now milliseconds by a clock that does not jump. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether two clusters tell their changes under a name, as far as this process knows. */
  async isTwo(cluster: string, stores: Pick<Stores, 'history'>): Promise<boolean> {
    return (await this.#of(cluster, stores)).isTwo;
  }

  /** @param changes of the cluster, which are in its history. */
  async look(
    cluster: string,
    { history }: Pick<Stores, 'history'>,
    changes: readonly Change[],
  ): Promise<void> {
    const known = await this.#of(cluster, { history });
    if (known.isTwo) return;
    const sights = changes.flatMap((change) => numberedSight(change) ?? []);
    const [meeting] = await history.numbers.meetings(sights);
    for (const { receivedAt } of sights) known.latest = Math.max(known.latest, receivedAt);
    const births = [...known.births, ...sights.filter(({ created }) => created === true)];
    known.births = births.slice(-BIRTHS_MAX);
    if (known.meeting === undefined && meeting === undefined) return;
    known.meeting ??= meeting!;
    if (this.#now() - known.looked < LOOKED_MILLISECONDS) return;
    known.looked = this.#now();
    const doubt = await doubtIn(history, known.meeting, [
      ...known.births.filter(({ at }) => at + CLOCKS_APART_MAX < known.latest),
      ...known.meeting.filter(({ created }) => created === true),
    ]);
    if (doubt === undefined) return;
    await history.append([doubt]);
    known.isTwo = true;
  }

  #of(cluster: string, { history }: Pick<Stores, 'history'>): Promise<Known> {
    let known = this.#known.get(cluster);
    if (known === undefined) {
      known = history.numbers.twoClusters().then((two) => ({
        isTwo: two !== undefined,
        births: [],
        latest: -Infinity,
        looked: -Infinity,
      }));
      // A store that is away now is asked again.
      known.catch(() => this.#known.delete(cluster));
      this.#known.set(cluster, known);
    }
    return known;
  }
}

async function doubtIn(
  { numbers }: Stores['history'],
  meeting: Meeting,
  births: readonly NumberedSight[],
): Promise<Change | undefined> {
  // What has the least number is outlived first.
  for (const birth of births.toSorted(compareNumbers)) {
    const by = await numbers.outliving(birth);
    if (by === undefined) continue;
    const first = (await numbers.firstOutlivedBy(by)) ?? birth;
    return twoClusters(meeting, { birth: first, by }, toldSince(meeting, first));
  }
  return undefined;
}
