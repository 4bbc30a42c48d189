import { timesOfBoth, toldOn, type TellerFact } from '@margay/coverage';

/** What is remembered of who tells of one cluster's name, see `TellerFact`. */
export interface Tellers {
  /**
   * Keeps facts; durable and visible when fulfilled. What is known does nothing. Of `first` and `is` there is one each, and of an object
   * one: what was kept first counts. Of `seen` there is one for each teller: the last instant counts. Of `told` and `aside` there is one for
   * all times: see `movedOn`.
   */
  append(facts: readonly TellerFact[]): Promise<void>;

  /** All but those about objects, in no order. */
  facts(): Promise<TellerFact[]>;

  /** Of objects, by uid, who was the first to tell of them: of those of which a fact is kept. */
  tellersOf(uids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What facts are known by: of those that are alike in this, one is kept. */
export function partsOf(fact: TellerFact): readonly (string | number)[] {
  switch (fact.what) {
    case 'first':
    case 'is':
    case 'times':
      return [fact.what];
    case 'object':
      return [fact.what, fact.uid];
    case 'seen':
      return [fact.what, fact.teller];
    case 'tied':
      return [fact.what, fact.teller, fact.to];
    case 'says':
      return [fact.what, fact.teller, fact.at, fact.uid];
    case 'told':
      return [fact.what, fact.teller, fact.begun, fact.slot];
    case 'tells':
    case 'ours':
    case 'aside':
      return [fact.what, fact.teller, fact.at];
    case 'retired':
    case 'taken-back':
      return [fact.what, fact.source, fact.said];
  }
}

/** What is kept of two facts that are alike in what they are known by, whichever of those that keep them came first. */
export function movedOn(former: TellerFact, more: TellerFact): TellerFact {
  if (former.what === 'seen' && more.what === 'seen') return more.at > former.at ? more : former;
  if (former.what === 'told' && more.what === 'told') return toldOn(former, more);
  if (former.what === 'aside' && more.what === 'aside') return { ...former, ...timesOfBoth(former, more) };
  return former;
}
