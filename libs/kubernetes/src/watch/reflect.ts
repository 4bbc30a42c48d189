import { setTimeout as sleep } from 'node:timers/promises';
import { compareResourceVersions, MINUTE, pauseAfter, SECOND, type Instant } from '@margay/ground';
import type { KubernetesClient, Page, Selection, WatchEvent } from '../client/client.ts';
import { ApiStatusError, isAhead, isExpired, isTransient } from '../client/errors.ts';
import type { ApiResource } from '../client/resources.ts';
import { inBatches } from './in-batches.ts';
import { Inventory } from './inventory.ts';
import type { Batch, Known, Position, Project } from './notices.ts';
import { Dates } from './dates.ts';
import { Hearing } from './hearing.ts';
import { momentsOf } from './moments.ts';
import { ObjectStates } from './object-states.ts';
import type { Proof } from './proof.ts';
import { compareWithPresent, placeOf, type Present, wentBack } from './same-store.ts';
import { StoreNews } from './store-news.ts';

/** Where an earlier run stopped. */
export interface Resume {
  readonly position: Position;
  /**
   * What existed at that position, by the caller's own records. Without it the state of then is asked for, which
   * API servers keep for some minutes only.
   */
  readonly known?: Iterable<Known> | AsyncIterable<Known>;
  /** Why the position leads nowhere although what existed there is known: then it begins with a list, as after a gap. */
  readonly lost?: string;
}

export interface ReflectOptions<T> extends Selection {
  /** What to keep of an object; applied at once, so that whole objects never pile up. */
  readonly project: Project<T>;
  readonly resume?: Resume;
  /** Asks for proof that everything was told up to an instant: then a fresh version is asked for, which the watch has to reach. */
  readonly proof?: Proof;
  /** What others that read of the same store learn of it, and are told. */
  readonly store?: StoreNews;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** Objects a page of a list, and events a batch of a watch: 500 unless set. */
  readonly pageSize?: number;
  /** Seconds after which a watch is begun anew, up to twice as many by chance: 300 unless set. */
  readonly watchSeconds?: number;
  /** Milliseconds of silence after which a watch counts as dead: 150 s unless set, as bookmarks come every minute. */
  readonly silenceMilliseconds?: number;
  /** First wait after a failure: 500 ms unless set; doubled up to `retryMaxMilliseconds`, 30 s unless set. */
  readonly retryMilliseconds?: number;
  readonly retryMaxMilliseconds?: number;
  readonly now?: () => Instant;
  readonly random?: () => number;
}

const PAGE_SIZE_MAX = 10_000;
/** A watch that lived so long without an event was no failure. */
const LIVED_MILLISECONDS = 10_000;
/** A watch that is to prove something: API servers send a bookmark two seconds before its end. */
const PROOF_SECONDS = 4;
/** So often it is tried: an API server whose memory is behind its storage may need a moment. */
const PROOFS_MAX = 3;
/** A watch that the server ended so much before its time was ended for some reason. */
const EARLY = 5 * SECOND;
/** What shows that the store is another one is found by all who read of it within this time. */
const FOUND_WITHIN = 10 * MINUTE;
/** How long an event may be under way from the API server to us, in microseconds, while the watch is well. */
const LATENCY = SECOND;

/**
 * A resource's objects as they are and become: a list, then a watch, then whatever it takes to miss nothing or to say
 * what was missed.
 *
 * - A watch that ends, breaks or falls silent is begun again where it was: nothing is lost.
 * - Before a position of an earlier run is gone on from, or one after the API server was away, what there is now is compared with what was
 *   known, since a watch does not tell that the store was restored from a backup. Where it was, it is listed: what was told of the other store
 *   ends, or is as the list shows it, and a `gap` says so.
 * - A position that is too old (410) makes a new list: what it shows differently is handed out as corrections, and a
 *   `gap` says between which instants states may have been missed.
 * - Whatever else the API server answers, or that it does not, is tried again for ever, with growing waits, and told as
 *   `interrupted`. Errors of the projection and of `known` are the caller's and end the iteration.
 *
 * The next batch is asked for when the last one is dealt with, so a slow consumer slows the server and not the
 * memory down, and what it throws ends the iteration. Ends when the signal says so.
 */
export async function* reflect<T>(
  client: KubernetesClient,
  resource: ApiResource,
  options: ReflectOptions<T>,
): AsyncGenerator<Batch<T>> {
  const { proof, signal, now = () => Date.now() * 1000, random = Math.random, watchSeconds = 300 } = options;
  const inventory = new Inventory();
  const states = new ObjectStates(inventory, options.project);
  const dates = new Dates(client, now);
  const { retryMilliseconds: first = 500, retryMaxMilliseconds: longest = 30_000 } = options;
  /** How often it failed since it last worked. */
  let failures = 0;
  const nextPause = () => pauseAfter(++failures, { first, longest, chance: random() });
  /** Up to where proof was given, or tried. */
  let proven: Instant = -Infinity;
  let pageSize = options.pageSize ?? 500;
  let position = options.resume?.position;
  /** Why what is known does not lead up to the present any more. */
  let broken = options.resume?.lost;
  /** Whether the position is known to lie in the history that the store has. */
  let isSure = options.resume === undefined;
  /** Where it was gone on from when that was made sure last. */
  let sureSince: { readonly asked: Instant; readonly from: Instant } | undefined;
  const store = options.store ?? new StoreNews();
  if (position !== undefined) store.noteTold(position.at + LATENCY);
  /** Since when all is of the store that was found to be there last. */
  let listedAt: Instant = options.resume?.position.at ?? -Infinity;
  const foundAnother = () =>
    store.latest !== undefined && store.latest.at > listedAt ? store.latest : undefined;
  const tellAnother = (reason: string): void => {
    if (foundAnother() === undefined) store.tell(reason, now());
  };
  const isLost = () => broken !== undefined || foundAnother() !== undefined;
  const isDoubted = () => position !== undefined && !isSure && !isLost();
  /** A list that took too long is asked for in larger pages. */
  const askForMore = () => void (pageSize = Math.min(pageSize * 2, PAGE_SIZE_MAX));
  /** Whether what existed at the position is known. */
  let seeded = false;
  if (options.resume?.known) {
    for await (const known of options.resume.known) inventory.seed(known);
    seeded = true;
  }

  async function seedBy({ resourceVersion }: Position): Promise<void> {
    const then = {
      ...selectionOf(options),
      pageSize,
      resourceVersion,
      resourceVersionMatch: 'Exact',
    } as const;
    for await (const page of client.list(resource, { ...then, ...(signal && { signal }) })) {
      for (const object of page.items) {
        const known = states.knownOf(object, page);
        if (known !== undefined) inventory.seed(known);
      }
    }
    seeded = true;
  }

  async function* list(): AsyncGenerator<Batch<T>> {
    const first = position === undefined;
    const another = first ? undefined : foundAnother();
    if (another !== undefined) await rest(Math.max(0, another.at - now()) / 1_000);
    const anotherSince = another?.at;
    const since = another === undefined ? position?.at : lastOf(another.at);
    const asked = Math.max(now(), another?.at ?? -Infinity);
    const reason = another === undefined ? broken : textOf(another.reason);
    let at: Instant | undefined;
    let shown = 0;
    inventory.beginListing();
    for await (const page of client.list(resource, {
      ...selectionOf(options),
      pageSize,
      ...(signal && { signal }),
    })) {
      // The list shows one state, which was reached when the first page came.
      at ??= Math.max(now(), asked);
      shown += page.items.length;
      const notices = states.listed(page, { at, since, anotherSince, correction: !first });
      if (!page.last) {
        yield { notices };
        continue;
      }
      const ends = states.ended({ at, since });
      yield {
        notices: [
          ...notices,
          ...ends,
          {
            what: 'listed',
            resourceVersion: page.resourceVersion,
            at,
            count: inventory.size,
            endsKnown: first || seeded,
            isWhole: inventory.size === shown,
            ...(another !== undefined && { isOfAnotherStore: true as const }),
            existing: () => inventory.identities(),
          },
          ...(since !== undefined && reason !== undefined
            ? [
                {
                  what: 'gap' as const,
                  from: since,
                  to: at,
                  reason,
                  compared: seeded && another === undefined,
                  ...(another !== undefined && { isOfAnotherStore: true as const }),
                },
              ]
            : []),
        ],
        position: { resourceVersion: page.resourceVersion, at: asked },
      };
      position = { resourceVersion: page.resourceVersion, at: asked };
      broken = undefined;
      seeded = true;
      isSure = true;
      sureSince = undefined;
      listedAt = asked;
    }
  }

  /** Up to when what was told is of the store that was there before another one was found. */
  function lastOf(found: Instant): Instant {
    return sureSince !== undefined && found - sureSince.asked < FOUND_WITHIN ? sureSince.from : position!.at;
  }

  /** Makes sure that the store has the history in which the position lies, or finds that it is another one. */
  async function* makeSure(): AsyncGenerator<Batch<T>> {
    const asked = now();
    const from = position!.at;
    const present = await presentNow();
    if (present === undefined) return;
    const { resourceVersion, contradiction, missing } = present;
    if (contradiction !== undefined) return tellAnother(contradiction);
    const untold = () => missing.find(({ uid }) => inventory.has(uid));
    const isReached = () => compareResourceVersions(position!.resourceVersion, resourceVersion) >= 0;
    for (let tries = 0; tries < PROOFS_MAX && untold() !== undefined && !isReached(); tries++)
      yield* watch({ resourceVersion, at: asked, isTold: () => untold() === undefined });
    const left = untold();
    if (signal?.aborted) return;
    if (left === undefined) {
      isSure = true;
      sureSince = { asked, from };
    } else if (isReached()) tellAnother(`${placeOf(left)} is not there, and no watch tells of its end`);
    else
      broken = `no watch told within ${PROOFS_MAX * PROOF_SECONDS} s of the end of ${placeOf(left)}, which a list does not show`;
  }

  /** What there is now, beside what is known; undefined where listing it took too long. */
  async function presentNow(): Promise<Present | undefined> {
    try {
      const selected = {
        ...selectionOf(options),
        pageSize,
        metadataOnly: true,
        ...(signal && { signal }),
      } as const;
      return await compareWithPresent(
        client.list(resource, selected),
        position!,
        seeded ? inventory : undefined,
      );
    } catch (error) {
      if (!isExpired(error)) throw error;
      askForMore();
      await rest(nextPause());
      return undefined;
    }
  }

  /** @param toReach proves what had happened until it was asked for. */
  async function* watch(toReach?: ToReach): AsyncGenerator<Batch<T>> {
    if (foundAnother() !== undefined) return;
    const hangUp = new AbortController();
    const unfound = store.onTold(() => hangUp.abort());
    const unheard = toReach
      ? undefined
      : proof?.onAsk(() => {
          if (position!.at < proof.until) hangUp.abort();
        });
    const begun = now();
    const resumedFrom = position!;
    const hearing = new Hearing(begun, resumedFrom.at);
    const seconds = toReach ? PROOF_SECONDS : Math.round(watchSeconds * (1 + random()));
    const events = client.watch(resource, {
      ...selectionOf(options),
      resourceVersion: resumedFrom.resourceVersion,
      timeoutSeconds: seconds,
      signal: signal ? AbortSignal.any([signal, hangUp.signal]) : hangUp.signal,
      ...(options.silenceMilliseconds !== undefined && { silenceMilliseconds: options.silenceMilliseconds }),
    });
    try {
      for await (const batch of inBatches<WatchEvent>(events, pageSize)) {
        failures = 0;
        const at = now();
        const { since, isCatchingUp } = hearing.heard(at, position!.at, batch.length === pageSize);
        const moments = await momentsOf(batch, { since, at }, states.records(), dates, signal);
        const notices = states.watched(batch, moments, at);
        const resourceVersion = states.lastVersion(batch) ?? position!.resourceVersion;
        const isReached = toReach && compareResourceVersions(resourceVersion, toReach.resourceVersion) >= 0;
        const isToldSo = batch.at(-1)?.type === 'BOOKMARK';
        if (isToldSo) hearing.noteBookmark();
        const toldUpTo = (): Instant => {
          // An API server that answers old state proves nothing by answering.
          if (toReach) return isReached && toReach.isTold?.() !== false ? toReach.at : -Infinity;
          // More of what happened meanwhile may be to come, unless a bookmark says that it was all.
          return isCatchingUp && !isToldSo ? -Infinity : at - LATENCY;
        };
        position = {
          resourceVersion,
          at: Math.max(position!.at, toldUpTo()),
        };
        if (notices.length > 0) store.noteTold(at);
        yield { notices, position };
        if (isReached || toReach?.isTold?.()) return;
      }
      if (toReach) return;
    } catch (error) {
      // It was ended to prove something, or to list another store.
      if (hangUp.signal.aborted) return;
      throw error;
    } finally {
      unheard?.();
      unfound();
      hangUp.abort();
    }
    // The server ended it in good order: nothing happened that it has not told.
    const silent = position === resumedFrom;
    position = { ...position!, at: Math.max(position!.at, now() - LATENCY) };
    yield { notices: [], position };
    // An API server that stops ends its watches in good order too.
    if (now() - begun < seconds * SECOND - EARLY) isSure = false;
    if (now() - begun > LIVED_MILLISECONDS * 1000) failures = 0;
    else if (silent) await rest(nextPause());
  }

  /** Proves what was asked for, or gives up: it can be asked again. */
  async function* prove(): AsyncGenerator<Batch<T>> {
    const until = proof!.until;
    for (let tries = 0; tries < PROOFS_MAX && position!.at < until && !signal?.aborted; tries++) {
      const at = now();
      // Without a version the API server gives the newest that there is.
      const newest = client.list(resource, {
        ...selectionOf(options),
        pageSize: 1,
        ...(signal && { signal }),
      });
      const { value } = (await newest.next()) as { value: Page };
      const { resourceVersion } = value;
      const contradiction = wentBack(resourceVersion, position!.resourceVersion);
      if (contradiction !== undefined) return tellAnother(contradiction);
      if (compareResourceVersions(position!.resourceVersion, resourceVersion) < 0)
        yield* watch({ resourceVersion, at });
      else yield { notices: [], position: (position = { ...position!, at }) };
    }
    proven = until;
  }

  const rest = (milliseconds: number): Promise<void> =>
    sleep(milliseconds, undefined, { ...(signal && { signal }) }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });

  while (!signal?.aborted) {
    try {
      if (isDoubted()) yield* makeSure();
      if (isDoubted()) continue;
      if (position !== undefined && !seeded && !isLost()) await seedBy(position);
      if (position === undefined || isLost()) yield* list();
      if (proof !== undefined && proof.until > proven) yield* prove();
      yield* watch();
    } catch (error) {
      if (signal?.aborted) return;
      if (!isTransient(error)) throw error;
      // A position that is ahead of the API server may be one of a store that it does not have any more, or it is behind.
      isSure = position === undefined;
      if (isExpired(error) && !isAhead(error)) {
        // In the middle of a list it is the list that took too long.
        if (position === undefined || isLost()) askForMore();
        else
          broken = `the API server no longer has the changes after ${position.resourceVersion}: ${error.said}`;
      }
      // The server may have asked for more.
      const asked = error instanceof ApiStatusError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      const retryInMilliseconds = Math.max(asked, nextPause());
      yield {
        notices: [{ what: 'interrupted', at: now(), error, retryInMilliseconds }],
      };
      await rest(retryInMilliseconds);
    }
  }
}

/** What a watch is to reach to prove something. */
interface ToReach extends Position {
  /** Where it is to tell something, not merely to get there: whether that is told. It ends with it. */
  readonly isTold?: () => boolean;
}

const textOf = (reason: string): string =>
  `the store of the API server is another one than before, as one that was restored from a backup: ${reason}`;

function selectionOf({ namespace, labelSelector, fieldSelector }: Selection): Selection {
  return {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  };
}
