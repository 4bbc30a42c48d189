import { keyText, resourceName, type Instant } from '@margay/ground';
import { instantOf, judgeByList, type AskedList, type Change } from '@margay/history';
import type { KeptList, Stores } from '@margay/storage';
import { LRUCache } from 'lru-cache';

type Has = AskedList['has'];

/** So many lists that were asked last are held: those that are newest, and those that a log comes by as it is read. */
const HELD_MAX = 50;

/**
 * Judges what is told late by the lists that were taken before it came: an object that was written before a list, that the list does not show and
 * that nothing ends is gone. Whether a log is read before a list is taken or afterwards so makes no difference.
 */
export class LateEnds {
  readonly #isOurs: (cluster: string, list: KeptList) => Promise<boolean>;
  readonly #held = new LRUCache<string, Has>({ max: HELD_MAX });

  /** @param isOurs whether it is known by now that a list is of its cluster. */
  constructor(isOurs: (cluster: string, list: KeptList) => Promise<boolean>) {
    this.#isOurs = isOurs;
  }

  /** The ends that lists tell of. @param changes of the cluster, which are in its history. */
  async of(
    cluster: string,
    { history, lists }: Pick<Stores, 'history' | 'lists'>,
    changes: readonly Change[],
  ): Promise<Change[]> {
    const named = changes.filter(({ name, uid }) => name !== '' && uid !== undefined);
    if (named.length === 0) return [];
    const kinds = [...new Map(named.map((change) => [resourceName(change), change])).values()];
    const kept = await lists.since(behind(Math.min(...named.map(({ at }) => at))), kinds);
    if (kept.length === 0) return [];
    const byKind = Map.groupBy(kept, resourceName);
    const asked = (list: KeptList) => this.#asked(cluster, lists, list);
    const late: { readonly change: Change; readonly lists: readonly KeptList[] }[] = [];
    for (const some of Map.groupBy(named, keyText).values()) {
      const judging = await judgingLists(byKind.get(resourceName(some[0]!)) ?? [], some, asked);
      if (judging.length > 0) late.push({ change: some[0]!, lists: judging });
    }
    const all = await history.changesOfEach(late.map(({ change }) => change));
    const ends: Change[] = [];
    for (const [i, one] of late.entries()) {
      const judging = sureOnes(one.lists, (list) => this.#isOurs(cluster, list));
      ends.push(...(await endsOf(all[i]!, judging, asked)));
    }
    return ends;
  }

  async #asked(cluster: string, lists: Stores['lists'], list: KeptList): Promise<Has | undefined> {
    const { at, isSure } = list;
    const place = JSON.stringify([cluster, resourceName(list), at, isSure]);
    const has = this.#held.get(place) ?? (await lists.asked(list));
    if (has !== undefined) this.#held.set(place, has);
    return has;
  }
}

/** The lists, each with whether it is sure; of those that are not, which leave the same open, the first alone. */
async function* sureOnes(
  lists: readonly KeptList[],
  isOurs: (list: KeptList) => Promise<boolean>,
): AsyncGenerator<readonly [list: KeptList, isSure: boolean]> {
  let isOpen = false;
  for (const list of lists) {
    const isSure = list.isSure || (list.isWhole && (await isOurs(list)));
    if (isSure || !isOpen) yield [list, isSure];
    isOpen ||= !isSure;
  }
}

/** The ends that lists tell of the objects of one name. @param changes all of it. */
async function endsOf(
  changes: readonly Change[],
  judging: AsyncIterable<readonly [list: KeptList, isSure: boolean]>,
  asked: (list: KeptList) => Promise<Has | undefined>,
): Promise<Change[]> {
  const found: Change[] = [];
  for await (const [list, isSure] of judging) {
    const has = await asked(list);
    if (has === undefined) continue;
    const { ends, goesOn } = judgeByList({ ...list, has }, { watched: [], isSure }, [...changes, ...found]);
    found.push(...ends);
    if (!goesOn) break;
  }
  return found;
}

/** From when on lists are asked of what was told of an instant. */
const behind = (at: Instant): Instant => at - instantOf({ at: 0 });

/**
 * The lists that what was told of a name is to be judged by, oldest first; none where each object is in all that are asked. What a list shows was
 * there, and known, when later ones were held against the history: of these only the last is asked.
 *
 * @param lists of its kind, oldest first.
 */
async function judgingLists(
  lists: readonly KeptList[],
  changes: readonly Change[],
  asked: (list: KeptList) => Promise<Has | undefined>,
): Promise<readonly KeptList[]> {
  const from = behind(Math.min(...changes.map(({ at }) => at)));
  const later = lists.filter(({ at }) => at >= from);
  for (const [i, list] of [later[0], later.at(-1)].entries()) {
    const has = list && (await asked(list));
    if (has === undefined || changes.every(({ uid }) => has(uid!))) continue;
    return i === 0 ? later : later.slice(-1);
  }
  return [];
}
