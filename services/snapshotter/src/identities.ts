import {
  isShown,
  isTied,
  isTold,
  LATENESS,
  openSources,
  otherSince,
  saidAt,
  seenAt,
  sourceName,
  standingAt,
  timesOfBoth,
  toldAt,
  toldOn,
  whoseOf,
  type TellerFact,
  type Whose,
} from '@margay/coverage';
import { compareTexts, type Instant, MINUTE } from '@margay/ground';
import { SomeUnprocessable, Unprocessable, type Delivery } from '@margay/messaging';
import { clusterUidOf, type Cell, type Stores } from '@margay/storage';
import { Lately } from './lately.ts';
import { isOfRequest, tellsSomething, toldBy, type Named, type Told } from './told-by.ts';
import { shownUidWords, type Double, type Questionable } from './whose-words.ts';

/** A message of another cluster that goes by the same name: what is kept is of the first one. */
export class OtherCluster extends Unprocessable {
  constructor(cluster: string, known: string, found: string) {
    super(
      'other-cluster',
      `Two clusters go by the name ${cluster}: what is kept is of the one whose kube-system has the uid ${shownUidWords(known)}, and this is of the one with ${shownUidWords(found)}. Give each a CLUSTER_NAME of its own: also where one was made anew`,
    );
  }
}

/** What others that keep the same evidence have found meanwhile is looked at so often, in milliseconds. */
const READ_ANEW = 10_000;
/** Of so many sources it is said that something was set aside, at the most. */
const ASIDE_MAX = 100;
/** So often it is seen again whether who tells of the cluster still does. */
const SEEN_AGAIN = 10 * MINUTE;

/**
 * Tells clusters of one name apart. Who told first of a name is what it stands for; others are of the same cluster when they show its
 * kube-system, or tell of an object that was told of already: no two clusters give an object the same uid. What says to be of another one
 * is set aside. What says to be of the same is taken for that, and what says nothing is kept, and in doubt, until it is known (`tellerMarks`).
 *
 * Facts are remembered by the stores, so that all who keep evidence, now or later, judge alike.
 */
export class Identities {
  readonly #cell: Cell;
  readonly #now: () => number;
  /** What was read last, by cluster, and when. */
  readonly #read = new Map<string, { readonly whose: Whose; readonly at: number }>();
  /** The uids that are known, by cluster; they never change. */
  readonly #uids = new Map<string, string>();
  /** The sources of what was set aside lately, by cluster and teller. */
  readonly #aside = new Map<string, Lately<string>>();

  /** @param now milliseconds of the clock. */
  constructor(cell: Cell, now: () => number = () => Date.now()) {
    this.#cell = cell;
    this.#now = now;
  }

  /** Names that one cluster has, where it has several: it was renamed, or one is a copy of the other. */
  get doubles(): readonly Double[] {
    const byUid = Map.groupBy(this.#uids, ([, uid]) => uid);
    return [...byUid].flatMap(([uid, named]) =>
      named.length < 2 ? [] : [{ uid, names: named.map(([name]) => name).sort() }],
    );
  }

  /**
   * Sources that tell under a cluster's name and are not known to be of it, as far as this process knows. Where the store does not answer, what was
   * read last counts.
   */
  async questionable(cluster: string): Promise<Questionable> {
    const read = this.#read.get(cluster);
    const isKnown =
      read !== undefined && (this.#now() - read.at <= READ_ANEW || openSources(read.whose).length === 0);
    const whose = isKnown ? read.whose : await this.#readAnew(cluster).catch(() => read?.whose);
    return {
      unknown: sorted(whose === undefined ? [] : openSources(whose)),
      other: sorted(this.#aside.get(cluster)?.values() ?? []),
    };
  }

  /**
   * Remembers what messages tell of whose they are. They are of one topic, and those of a teller in their order.
   *
   * @throws SomeUnprocessable with an OtherCluster of each that is of another cluster than its name says.
   */
  async check(messages: readonly Named[], deliveries: readonly Delivery[]): Promise<void> {
    const told = messages.map((message, i) => [message.cluster, toldBy(message, deliveries[i])] as const);
    const others = new Map<Told, OtherCluster>();
    for (const [cluster, ofCluster] of Map.groupBy(told, ([name]) => name)) {
      const some = ofCluster.map(([, one]) => one);
      for (const [one, error] of await this.#checkCluster(cluster, some)) others.set(one, error);
    }
    const errors = told.flatMap(([, one], i) => (others.has(one) ? [[i, others.get(one)!] as const] : []));
    if (errors.length > 0) throw new SomeUnprocessable(new Map(errors));
  }

  /** Whether who published a mark is known, or said, to tell of the cluster by now. */
  async isOfCluster(mark: Named, delivery: Delivery | undefined): Promise<boolean> {
    const { teller, at } = toldBy(mark, delivery);
    return this.isOurs(mark.cluster, teller, at);
  }

  /** Whether who told something of a cluster at an instant is known, or said, to tell of it by now. */
  async isOurs(cluster: string, teller: string, at: Instant): Promise<boolean> {
    const standing = standingAt(await this.#readAnew(cluster), teller, at);
    return standing === 'ours' || standing === 'said';
  }

  /** @returns those that are of another cluster. */
  async #checkCluster(cluster: string, told: readonly Told[]): Promise<ReadonlyMap<Told, OtherCluster>> {
    const stores = this.#cell.of(cluster);
    let whose = await this.#whose(cluster, told);
    const begun = await beginning(whose, told, stores, this.#micros());
    whose = await this.#keep(cluster, whose, begun);
    whose = await this.#keep(cluster, whose, turnsIn(whose, told));
    const links = await linksIn(whose, told, stores);
    whose = await this.#keep(cluster, whose, links);
    // A request that one log tells of under another name, or none, is handled by another at the same time: who was kept first is known now.
    if (links.some(({ what }) => what === 'object') && told.some(isOfRequest))
      whose = await this.#keep(cluster, whose, await linksIn(whose, told, stores));
    whose = await this.#keep(cluster, whose, namesIn(whose, told, this.#micros()));
    const others = new Map<Told, OtherCluster>();
    for (const one of told) {
      const other = otherUid(whose, one.teller, one.at, one.says);
      this.#note(cluster, one, other !== undefined);
      if (other !== undefined) others.set(one, new OtherCluster(cluster, whose.uid!, other));
    }
    const own = told.filter((one) => !others.has(one));
    await this.#keep(cluster, whose, [
      ...beginningsIn(whose, own),
      ...timesIn(whose, own, this.#micros()),
      ...asideIn(whose, [...others.keys()]),
    ]);
    return others;
  }

  #note(cluster: string, { teller, source }: Told, isAside: boolean): void {
    const aside = this.#aside.get(cluster) ?? new Lately<string>(ASIDE_MAX, this.#now);
    this.#aside.set(cluster, aside);
    if (isAside) aside.note(teller, sourceName(source) || 'what names no source');
    else aside.drop(teller);
  }

  #micros(): Instant {
    return this.#now() * 1_000;
  }

  /** What is known; read anew where it is old, or where some who tell are not known to be of the cluster. */
  async #whose(cluster: string, told: readonly Told[]): Promise<Whose> {
    const read = this.#read.get(cluster);
    if (read === undefined || this.#now() - read.at > READ_ANEW) return this.#readAnew(cluster);
    const isBegun = read.whose.first !== undefined || !told.some(tellsSomething);
    return isBegun && told.every((one) => isSettled(read.whose, one)) ? read.whose : this.#readAnew(cluster);
  }

  async #keep(cluster: string, whose: Whose, facts: readonly TellerFact[]): Promise<Whose> {
    if (facts.length === 0) return whose;
    await this.#cell.of(cluster).tellers.append(facts);
    return this.#readAnew(cluster);
  }

  async #readAnew(cluster: string): Promise<Whose> {
    const whose = whoseOf(await this.#cell.of(cluster).tellers.facts());
    this.#read.set(cluster, { whose, at: this.#now() });
    if (whose.uid !== undefined && !this.#uids.has(cluster)) await this.#learn(cluster, whose.uid);
    return whose;
  }

  /** Also of those that nothing comes of any more: a cluster that was renamed has another name since. */
  async #learn(cluster: string, uid: string): Promise<void> {
    this.#uids.set(cluster, uid);
    for (const other of this.#cell.clusters) {
      if (this.#uids.has(other)) continue;
      const known = await clusterUidOf(this.#cell.of(other));
      if (known !== undefined) this.#uids.set(other, known);
    }
  }
}

/** Whether nothing is to be found out of who told it, but now and then that it is so still. */
function isSettled(whose: Whose, one: Told): boolean {
  const { teller, at, says, isShowing } = one;
  const isOfCluster = says === undefined || says === whose.uid;
  if (!tellsSomething(one)) return isOfCluster;
  if (standingAt(whose, teller, at) !== 'ours' || isToBeSeen(whose, one)) return false;
  return says === undefined || (says === saidAt(whose, teller, at) && (isOfCluster || !isShowing));
}

/** Whether it is time to see again whether one tells of the cluster still. */
const isToBeSeen = (whose: Whose, { teller, at, object }: Told): boolean =>
  object !== undefined && at - (seenAt(whose, teller, at) ?? at) > SEEN_AGAIN;

/** Who told first. Where a history was there before tellers were remembered, it is what the name stands for. */
async function beginning(
  { first }: Whose,
  told: readonly Told[],
  stores: Stores,
  now: Instant,
): Promise<TellerFact[]> {
  const one = told.find(tellsSomething);
  if (first !== undefined || one === undefined) return [];
  const { teller, at } = one;
  if ((await stores.history.span()) === undefined)
    return [
      { what: 'first', teller },
      { what: 'ours', teller, at },
      { what: 'times', at: 0 },
    ];
  const uid = await clusterUidOf(stores);
  return [
    { what: 'first', teller: '' },
    ...(uid === undefined ? [] : [{ what: 'is', uid, at: now } as const]),
  ];
}

/** As of which cluster tellers go from now on, where that is another one than before. */
function turnsIn(whose: Whose, told: readonly Told[]): TellerFact[] {
  const facts: TellerFact[] = [];
  const said = new Map<string, string>();
  for (const one of told) {
    const { teller, at, says, isShowing } = one;
    if (says === undefined || !tellsSomething(one)) continue;
    const before = said.get(teller) ?? saidAt(whose, teller, at);
    // What it says on and on counts no more once it was seen to be of the cluster; kube-system itself does.
    const isAnew = isShowing && says !== whose.uid && standingAt(whose, teller, at) === 'ours';
    if (before === says && !isAnew) continue;
    const since = isShown(whose, teller) ? seenAt(whose, teller, at) : undefined;
    facts.push({ what: 'says', teller, uid: says, at, ...(since !== undefined && { since }) });
    said.set(teller, says);
  }
  return facts;
}

/** Who is seen to be of the cluster by what is told, who tells of the same as others, and what those showed first who are not known. */
async function linksIn(
  whose: Whose,
  told: readonly Told[],
  { tellers, history }: Stores,
): Promise<TellerFact[]> {
  const isOurs = ({ teller, at }: Told): boolean => standingAt(whose, teller, at) === 'ours';
  const isWaited = [...whose.tellers.keys()].some((teller) => standingAt(whose, teller, Infinity) === 'open');
  const asked = told.filter(
    (one) =>
      one.shown !== undefined && (!one.isRemembered || isWaited || !isOurs(one) || isToBeSeen(whose, one)),
  );
  const firsts = new Map(await tellers.tellersOf(asked.map(({ shown }) => shown!)));
  const before = await knownBefore(
    whose,
    asked.filter((one) => one.object !== undefined && (!isOurs(one) || isToBeSeen(whose, one))),
    history,
  );
  // Also of what is not asked, since nobody was waited for yet.
  const ofOurs = Map.groupBy(told.filter(isOurs), ({ shown }) => shown);
  const facts = new Facts(whose);
  for (const one of told) {
    if (tellsSomething(one) && one.isShowing && one.says === whose.uid && !isOurs(one))
      facts.see('ours', one.teller, one.at);
    if (one.goesOnFrom !== undefined) facts.tie(one.teller, one.goesOnFrom, one.at);
  }
  for (const one of asked) {
    const { teller, at } = one;
    const shown = one.shown!;
    const first = firsts.get(shown);
    const isKnown = before.has(one);
    // Nobody is of the cluster since he told of something first himself.
    const isOfCluster =
      first === undefined ? isKnown : isShown(whose, first) && (first !== teller || isKnown);
    const isToldByOurs = ofOurs.get(shown)?.some((other) => other.teller !== teller) === true;
    if (isOurs(one) && first !== undefined && !isShown(whose, first)) facts.see('ours', first, at);
    if (isOurs(one) && isOfCluster && isToBeSeen(whose, one)) facts.see('seen', teller, at);
    if (!isOurs(one) && (isOfCluster || isToldByOurs)) facts.see('ours', teller, at);
    else if (!isOurs(one) && first !== undefined) facts.tie(teller, first, at);
    // The history knows who is of the cluster by the objects that he shows, and by nothing else.
    else if (first === undefined && (!one.isRemembered || !isOurs(one)) && facts.showFirst(teller, shown, at))
      firsts.set(shown, teller);
  }
  return facts.all;
}

/** What is found out of who tells, each once. */
class Facts {
  readonly #whose: Whose;
  readonly #facts = new Map<string, TellerFact>();

  constructor(whose: Whose) {
    this.#whose = whose;
  }

  get all(): TellerFact[] {
    return [...this.#facts.values()];
  }

  see(what: 'ours' | 'seen', teller: string, at: Instant): void {
    if (!this.#facts.has(teller)) this.#facts.set(teller, { what, teller, at });
  }

  /** Unless one of them tells of another cluster. */
  tie(teller: string, to: string, at: Instant): void {
    if (this.#isOther(teller, at) || this.#isOther(to, at) || isTied(this.#whose, teller, to)) return;
    this.#facts.set(`tied ${teller} ${to}`, { what: 'tied', teller, to, at });
  }

  /** @returns false of one who tells of another cluster. */
  showFirst(teller: string, uid: string, at: Instant): boolean {
    if (this.#isOther(teller, at)) return false;
    this.#facts.set(`${teller} ${uid}`, { what: 'object', teller, uid });
    return true;
  }

  #isOther(teller: string, at: Instant): boolean {
    return standingAt(this.#whose, teller, at) === 'other';
  }
}

/** Of what a teller was told before an instant is what the cluster has, as far as it shows whose a teller is. */
function knownBy(whose: Whose, teller: string, at: Instant): Instant {
  const seen = seenAt(whose, teller, at);
  if (seen === undefined) return Infinity;
  // What the name stands for is what its first teller told at the beginning.
  const isBegun = teller !== whose.first || seen > whose.tellers.get(teller)!.turns[0]!.at;
  return isBegun ? seen : seen + SEEN_AGAIN;
}

/**
 * Of those whose object was told of before, by whom it is known that he tells of the cluster. What a teller told itself since it was seen last
 * shows nothing.
 */
async function knownBefore(
  whose: Whose,
  asked: readonly Told[],
  history: Stores['history'],
): Promise<ReadonlySet<Told>> {
  const found = new Set<Told>();
  const since = ({ teller, at }: Told): Instant => knownBy(whose, teller, at);
  for (const [before, some] of Map.groupBy(asked, since)) {
    const known = await history.known(
      some.map(({ object }) => object!),
      before,
    );
    for (const one of some) if (known.has(one.object!.uid)) found.add(one);
  }
  return found;
}

/** Which cluster the name stands for: as who told first says it, or another shows it that is of the same. */
function namesIn(whose: Whose, told: readonly Told[], now: Instant): TellerFact[] {
  if (whose.uid !== undefined) return [];
  const names = told.flatMap(({ teller, says, isShowing }) =>
    says !== undefined && (teller === whose.first || (isShowing && isShown(whose, teller))) ? [says] : [],
  );
  return names.slice(0, 1).map((uid) => ({ what: 'is', uid, at: now }) as const);
}

/** From when on something is kept of those that are not known to be of the cluster. */
function beginningsIn(whose: Whose, told: readonly Told[]): TellerFact[] {
  const found = new Map<string, TellerFact & { readonly what: 'tells' }>();
  for (const { teller, source, from: since } of told) {
    if (since === undefined || isShown(whose, teller)) continue;
    const known = found.get(teller)?.at ?? whose.tellers.get(teller)?.since ?? Infinity;
    if (since < known) found.set(teller, { what: 'tells', teller, source, at: since });
  }
  return [...found.values()];
}

/** Of which times that tells that is kept, as far as that is not remembered yet. */
function timesIn(whose: Whose, kept: readonly Told[], now: Instant): TellerFact[] {
  const found = new Map<string, TellerFact & { readonly what: 'told' }>();
  for (const { teller, at, times } of kept) {
    if (times === undefined) continue;
    const told = toldAt(whose, teller, at, times);
    if (isTold(whose, teller, told)) continue;
    const place = JSON.stringify([teller, told.begun, told.slot]);
    const fact = { what: 'told', teller, ...told } as const;
    const former = found.get(place);
    found.set(place, former === undefined ? fact : toldOn(former, fact));
  }
  if (found.size === 0) return [];
  // Others that keep the same evidence may be of a release that does not remember it, for as long as an upgrade may take.
  const begun: TellerFact[] = whose.times === undefined ? [{ what: 'times', at: now + LATENESS }] : [];
  return [...begun, ...found.values()];
}

/** Of which times that tells that is set aside: it may turn out to be the cluster's. What shows another one's kube-system is none of it. */
function asideIn(whose: Whose, others: readonly Told[]): TellerFact[] {
  const found = new Map<string, TellerFact & { readonly what: 'aside' }>();
  for (const { teller, at, times, isShowing } of others) {
    const since = otherSince(whose, teller, at);
    if (since === undefined || times === undefined || isShowing) continue;
    const place = JSON.stringify([teller, since]);
    const known = found.get(place) ?? whose.tellers.get(teller)?.aside.get(since) ?? times;
    found.set(place, { what: 'aside', teller, at: since, ...timesOfBoth(known, times) });
  }
  return [...found.values()].filter(({ teller, at, start, end }) => {
    const known = whose.tellers.get(teller)?.aside.get(at);
    return known === undefined || start < known.start || end > known.end;
  });
}

/** The uid of the other cluster that a message is of; undefined where it is not known to be of another. */
function otherUid(whose: Whose, teller: string, at: Instant, says: string | undefined): string | undefined {
  if (whose.uid === undefined) return undefined;
  const said = saidAt(whose, teller, at);
  if (standingAt(whose, teller, at) === 'other') return said;
  // Of what is no change nothing is remembered: one that was seen to be of the cluster may say another still.
  const isKnownToSay = standingAt(whose, teller, at) === 'ours' && says === said;
  return says === undefined || says === whose.uid || isKnownToSay ? undefined : says;
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort(compareTexts);
