import { HOUR, type Instant } from '@margay/ground';
import type { ListedKind, ObjectList } from '@margay/history';

/** A list without what it shows. */
export interface KeptList extends ListedKind {
  /** Whether it was known when it was kept that it is of the cluster, and whole. */
  readonly isSure: boolean;
  /** Who told it, and when. */
  readonly teller: string;
  readonly toldAt: Instant;
}

/**
 * The lists of whole kinds that watches took of one cluster: whatever is told later of a time before them is judged by them, too. Of a kind
 * the last list of each hour is kept, and beside it the last of those that were not sure. What ended
 * between a list that is not kept and the next one is in doubt for longer, and no more.
 */
export interface Lists {
  /** Keeps a list; durable and visible when fulfilled. One that is known, or an older one of its hour, does nothing. */
  append(list: ObjectList, told: Pick<KeptList, 'isSure' | 'teller' | 'toldAt'>): Promise<void>;

  /** Those of some kinds that were taken at an instant or later, oldest first. */
  since(instant: Instant, kinds: readonly Pick<ListedKind, 'group' | 'resource'>[]): Promise<KeptList[]>;

  /** Asks a list whether it shows an object, by its uid; undefined where it is not kept any more. */
  asked(list: KeptList): Promise<((uid: string) => boolean) | undefined>;
}

/** A list's place: what has the same one takes the place of what is older. */
export const hourOf = ({ at }: Pick<ListedKind, 'at'>): Instant => at - (at % HOUR);
