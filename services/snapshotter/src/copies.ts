import type { Instant } from '@margay/ground';
import {
  type Change,
  isAgain,
  isBegun,
  isInTurns,
  type Meeting,
  numberedSight,
  twoClusters,
} from '@margay/history';
import type { Stores } from '@margay/storage';

/** Numbers that were given twice last, of which it is asked whether they show two clusters. */
const MEETINGS_MAX = 50;
/** So often it is asked, at the most. */
const LOOKED_MILLISECONDS = 10_000;

/** What this process knows of one cluster. */
interface Known {
  /** Two clusters tell their changes under its name. */
  isTwo: boolean;
  /** When its history was asked last whether that is so, by a clock that does not jump. */
  asked: number;
  /** Writes that were given one number, those that were found last. */
  meetings: readonly Meeting[];
  /** When numbers were compared last, by that clock. */
  looked: number;
}

/**
 * Looks whether a cluster and a copy of it tell their changes under one name and uid (see `twoClustersIn`). Where they do, the history
 * gets a doubt about everything, which nothing ends but that somebody says that the copy was ended. One that goes on is found again.
 *
 * Numbers that were given twice are looked for in each batch. Where two writes were given one, it is asked whether that shows two.
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
    const found = (await history.numbers.meetings(sights.filter(({ written }) => written))).filter(isAgain);
    known.meetings = [...known.meetings, ...found].slice(-MEETINGS_MAX);
    if (known.meetings.length === 0 || this.#now() - known.looked < LOOKED_MILLISECONDS) return;
    known.looked = this.#now();
    const { endedAt } = await history.numbers.copies();
    known.meetings = known.meetings.filter((again) => isAfter(again, endedAt));
    const doubt = await doubtIn(history, known.meetings, endedAt);
    if (doubt === undefined) return;
    await history.append([doubt]);
    known.isTwo = true;
    known.asked = this.#now();
  }

  /** What is known of a cluster; while there are two, its history is asked anew whether that was ended. */
  async #of(cluster: string, { history }: Pick<Stores, 'history'>): Promise<Known> {
    const known = await this.#begun(cluster, { history });
    if (known.isTwo && this.#now() - known.asked >= LOOKED_MILLISECONDS) {
      known.asked = this.#now();
      known.isTwo = (await history.numbers.copies()).doubt !== undefined;
    }
    return known;
  }

  #begun(cluster: string, { history }: Pick<Stores, 'history'>): Promise<Known> {
    let known = this.#known.get(cluster);
    if (known === undefined) {
      known = history.numbers.copies().then(({ doubt }) => ({
        isTwo: doubt !== undefined,
        asked: this.#now(),
        meetings: [],
        looked: -Infinity,
      }));
      // A store that is away now is asked again.
      known.catch(() => this.#known.delete(cluster));
      this.#known.set(cluster, known);
    }
    return known;
  }
}

/** Whether both were asked for after an instant. */
const isAfter = (meeting: Meeting, instant: Instant): boolean =>
  meeting.every(({ receivedAt }) => receivedAt > instant);

/** @param endedAt what was asked for up to then says nothing. */
async function doubtIn(
  { numbers }: Stores['history'],
  meetings: readonly Meeting[],
  endedAt: Instant,
): Promise<Change | undefined> {
  for (const again of meetings) {
    const by = await numbers.birthOf(again[0]);
    if (by === undefined || by.receivedAt <= endedAt) continue;
    const births = await numbers.outlivedBy(by, again[0]);
    const twice = births.length === 0 ? [] : await numbers.meetings(births);
    const [first] = twice
      .filter((begun) => isAfter(begun, endedAt) && isBegun(begun) && isInTurns({ begun, by, again }))
      .sort(([, a], [, b]) => a.receivedAt - b.receivedAt);
    if (first !== undefined) return twoClusters({ begun: first, by, again });
  }
  return undefined;
}
