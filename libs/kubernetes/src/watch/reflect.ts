import { setTimeout as sleep } from 'node:timers/promises';
import { compareResourceVersions, pauseAfter, SECOND, type Instant } from '@margay/ground';
import type { KubernetesClient, Page, Selection, WatchEvent } from '../client/client.ts';
import { ApiStatusError, isExpired, isTransient } from '../client/errors.ts';
import type { ApiResource } from '../client/resources.ts';
import { inBatches } from './in-batches.ts';
import { Inventory } from './inventory.ts';
import type { Batch, Known, Position, Project } from './notices.ts';
import { Dates } from './dates.ts';
import { Hearing } from './hearing.ts';
import { momentsOf } from './moments.ts';
import { ObjectStates } from './object-states.ts';
import type { Proof } from './proof.ts';

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
/** How long an event may be under way from the API server to us, in microseconds, while the watch is well. */
const LATENCY = SECOND;

/**
 * A resource's objects as they are and become: a list, then a watch, then whatever it takes to miss nothing or to say
 * what was missed.
 *
 * - A watch that ends, breaks or falls silent is begun again where it was: nothing is lost.
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
    const since = position?.at;
    const asked = now();
    let at: Instant | undefined;
    let shown = 0;
    inventory.beginListing();
    for await (const page of client.list(resource, {
      ...selectionOf(options),
      pageSize,
      ...(signal && { signal }),
    })) {
      // The list shows one state, which was reached when the first page came.
      at ??= now();
      shown += page.items.length;
      const notices = states.listed(page, { at, since, correction: !first });
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
            existing: () => inventory.identities(),
          },
          ...(since !== undefined && broken !== undefined
            ? [
                {
                  what: 'gap' as const,
                  from: since,
                  to: at,
                  reason: broken,
                  compared: seeded,
                },
              ]
            : []),
        ],
        position: { resourceVersion: page.resourceVersion, at: asked },
      };
      position = { resourceVersion: page.resourceVersion, at: asked };
      broken = undefined;
      seeded = true;
    }
  }

  /** @param toReach proves what had happened until it was asked for. */
  async function* watch(toReach?: Position): AsyncGenerator<Batch<T>> {
    const hangUp = new AbortController();
    const unheard = toReach
      ? undefined
      : proof?.onAsk(() => {
          if (position!.at < proof.until) hangUp.abort();
        });
    const begun = now();
    const resumedFrom = position!;
    const hearing = new Hearing(begun, resumedFrom.at);
    const events = client.watch(resource, {
      ...selectionOf(options),
      resourceVersion: resumedFrom.resourceVersion,
      timeoutSeconds: toReach ? PROOF_SECONDS : Math.round(watchSeconds * (1 + random())),
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
          if (toReach) return isReached ? toReach.at : -Infinity;
          // More of what happened meanwhile may be to come, unless a bookmark says that it was all.
          return isCatchingUp && !isToldSo ? -Infinity : at - LATENCY;
        };
        position = {
          resourceVersion,
          at: Math.max(position!.at, toldUpTo()),
        };
        yield { notices, position };
        if (isReached) return;
      }
      if (toReach) return;
    } catch (error) {
      // It was ended to prove something.
      if (hangUp.signal.aborted) return;
      throw error;
    } finally {
      unheard?.();
      hangUp.abort();
    }
    // The server ended it in good order: nothing happened that it has not told.
    const silent = position === resumedFrom;
    position = { ...position!, at: Math.max(position!.at, now() - LATENCY) };
    yield { notices: [], position };
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
      if (position !== undefined && !seeded && broken === undefined) await seedBy(position);
      if (position === undefined || broken !== undefined) yield* list();
      if (proof !== undefined && proof.until > proven) yield* prove();
      yield* watch();
    } catch (error) {
      if (signal?.aborted) return;
      if (!isTransient(error)) throw error;
      if (isExpired(error)) {
        // In the middle of a list it is the list that took too long: ask for more at a time.
        if (position === undefined || broken !== undefined) pageSize = Math.min(pageSize * 2, PAGE_SIZE_MAX);
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

function selectionOf({ namespace, labelSelector, fieldSelector }: Selection): Selection {
  return {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  };
}
