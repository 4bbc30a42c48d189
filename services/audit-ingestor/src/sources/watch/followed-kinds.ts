import { setTimeout as sleep } from 'node:timers/promises';
import { type Instant, DOUBTED_KINDS, type Kind, kindOf, MINUTE, pauseAfter, SECOND } from '@margay/ground';
import { isOfOwnCounter, watchSource, type Reading } from '@margay/history';
import {
  apiVersionOf,
  type ApiServicesNews,
  followApiServices,
  servingsOf,
  waysToServe,
  type KubernetesClient,
  type Position,
  type Proof,
  type Resume,
  type Serving,
  StoreNews,
  type WatchableKind,
  type WatchedChanges,
} from '@margay/kubernetes';
import type { Log } from '@margay/runtime';
import { Definitions } from './definitions.ts';
import type { KnownObjects } from './known-objects.ts';
import { Nudges } from './nudges.ts';
import type { Pieces } from './pieces.ts';
import type { TellWatched } from './tell-watched.ts';
import { endsOf, watchedReadings } from './watched-readings.ts';
import { watchKind } from './watch-kind.ts';

const DEFINITION = kindOf({ group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' })!;
const API_SERVICES = 'watch/apiservices.apiregistration.k8s.io';
const PROOFS = 'proofs of kinds that are not served';
/** How long the first lists of definitions and services are waited for, in milliseconds. */
const FIRST_LISTS = 5_000;
/** Looks at a group that does not answer, or does not serve yet what a definition makes: growing pauses, in milliseconds. */
const LOOKS = { first: 500, longest: MINUTE / 1_000 };
/** So many looks for a kind that has a definition and is not served: some never are. */
const LOOKS_FOR_DEFINED = 8;

const nameOf = (kind: Kind): string => watchSource(kind);
const now = (): Instant => Date.now() * 1_000;

/** What following needs. */
export interface Following {
  readonly client: KubernetesClient;
  readonly known: KnownObjects;
  readonly tell: TellWatched;
  readonly log: Log;
  readonly proof: Proof;
  readonly pieces: Pieces<string>;
}

/**
 * The kinds of the history as the API server serves them, each followed while it is served.
 *
 * Custom resource definitions and API services say which kinds come and go, and only groups that they are about are looked at.
 * A kind that is made by a definition was empty before it, and is empty when that is gone. One that a server of its own serves
 * begins with a list; where it goes away, or does not answer, its objects are in doubt until it is back. The others go on.
 */
export class FollowedKinds {
  readonly #with: Following;
  readonly #nudges = new Nudges();
  readonly #store = new StoreNews();
  readonly #definitions: Definitions;
  /** In which version a kind is followed. */
  readonly #followed = new Map<Kind, string>();
  /** Why a kind is not, as it was told. */
  readonly #said = new Map<Kind, string>();
  /** Up to where it is known which kinds there are. */
  #definitionsAt: Instant | undefined;
  #servicesAt: Instant | undefined;
  #beatAt = -Infinity;

  constructor(following: Following) {
    this.#with = following;
    const known = [...following.known.objects(nameOf(DEFINITION))];
    this.#definitions = new Definitions(known.map(({ name }) => name));
  }

  /** Fulfilled when all have to end. */
  async follow(): Promise<void> {
    const { pieces } = this.#with;
    const { signal } = pieces;
    await this.#look([DEFINITION]);
    pieces.begin(API_SERVICES, (until) => this.#followServices(until));
    pieces.begin(PROOFS, (until) => this.#answerProofs(until));
    await this.#firstLists();
    this.#nudges.take();
    let due: readonly Kind[] = DOUBTED_KINDS;
    for (let looks = 0; !signal.aborted;) {
      const open = await this.#look(due, looks);
      looks = open.length > 0 ? looks + 1 : 0;
      const groups = await this.#nudges.next(signal, looks > 0 ? pauseAfter(looks, LOOKS) : undefined);
      if (groups.size > 0) looks = 0;
      const isNudged = (kind: Kind) => waysToServe(kind).some(({ group }) => groups.has(group));
      due = DOUBTED_KINDS.filter((kind) => open.includes(kind) || isNudged(kind));
    }
  }

  /** Which kinds there were where the watches of definitions and services went on is known when both have caught up. */
  async #firstLists(): Promise<void> {
    const { signal } = this.#with.pieces;
    const end = Date.now() + FIRST_LISTS;
    while (!signal.aborted && Date.now() < end) {
      if (this.#definitionsAt !== undefined && this.#servicesAt !== undefined) return;
      await sleep(20, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Looks how kinds are served, and follows or ends them. @returns those to be looked at again. */
  async #look(kinds: readonly Kind[], looks = 0): Promise<Kind[]> {
    const open: Kind[] = [];
    for (const serving of kinds.length === 0 ? [] : await servingsOf(this.#with.client, kinds)) {
      if (this.#with.pieces.signal.aborted) break;
      if (await this.#settle(serving, looks)) open.push(serving.kind);
    }
    return open;
  }

  async #settle({ kind, served, error }: Serving & { error?: Error }, looks: number): Promise<boolean> {
    if (served !== undefined) {
      await this.#begin(served);
      return false;
    }
    if (error !== undefined) {
      if (!this.#followed.has(kind)) await this.#sayUnwatched(kind, error.message);
      return true;
    }
    await this.#leave(kind);
    return this.#definitions.isThere(kind) && looks < LOOKS_FOR_DEFINED;
  }

  async #begin(watchable: WatchableKind): Promise<void> {
    const { kind, resource } = watchable;
    const { client, known, tell, log, proof, pieces } = this.#with;
    const name = nameOf(kind);
    const apiVersion = apiVersionOf(resource);
    if (this.#followed.get(kind) === apiVersion) return;
    await pieces.end(name);
    const last = known.lastServed(name);
    const resume = this.#resumeOf(watchable);
    if (last?.apiVersion === '' && !last.isTold && resume !== undefined)
      await tell(name, [notServed(last.at)]);
    known.keepServed(name, { apiVersion, at: now(), isTold: true });
    log.info('A kind is followed', { kind: name, apiVersion });
    this.#said.delete(kind);
    this.#followed.set(kind, apiVersion);
    pieces.begin(name, (signal) =>
      watchKind(watchable, {
        client,
        known,
        tell,
        log,
        proof,
        signal,
        // Kinds that an API server of a plugin keeps may be in a store of their own.
        store: isOfOwnCounter(kind) ? this.#store : this.#store.beside(signal),
        resume,
        onMissing: () => this.#nudges.add(resource.group),
        ...(kind === DEFINITION && { onBatch: (batch) => this.#noteDefinitions(batch) }),
      }),
    );
  }

  /** Where following goes on with a kind; undefined where nothing is known of before. */
  #resumeOf({ kind, resource }: WatchableKind): Resume | undefined {
    const { known } = this.#with;
    const name = nameOf(kind);
    const last = known.lastServed(name);
    const resume = known.resume(name);
    if (resume !== undefined) {
      const isMoved = last !== undefined && groupOf(last.apiVersion) !== resource.group;
      return isMoved && last.apiVersion !== '?'
        ? { ...resume, lost: `it was served as ${last.apiVersion}, and is as ${apiVersionOf(resource)} now` }
        : resume;
    }
    const emptyUntil = this.#definitions.emptyUntil(resource);
    if (last?.apiVersion !== '' || emptyUntil === undefined) return undefined;
    const at = Math.max(last.at, emptyUntil);
    return { position: { resourceVersion: '', at }, known: [], lost: 'it was installed meanwhile' };
  }

  /** Ends a kind that is not served: its objects are gone with its definition, or nobody knows. */
  async #leave(kind: Kind): Promise<void> {
    const { known, tell, log, pieces } = this.#with;
    const name = nameOf(kind);
    this.#followed.delete(kind);
    await pieces.end(name);
    const last = known.lastServed(name);
    const resume = known.resume(name);
    if (resume !== undefined) {
      if (!this.#definitions.isRemoved(kind))
        return this.#sayUnwatched(
          kind,
          'the API server serves it no more, and does not tell whether its objects are gone',
        );
      log.info('A kind was removed, and its objects with it', { kind: name });
      const at = now();
      const ends = endsOf(kind, known.objects(name), { at, notBefore: resume.position.at });
      await tell(name, [...watchedReadings(name, ends), notServed(at)]);
      known.forget(name);
    }
    this.#said.delete(kind);
    if (last === undefined || last.apiVersion !== '')
      return known.keepServed(name, { apiVersion: '', at: now(), isTold: last?.isTold ?? false });
    // It came and went again behind our back.
    const passed = this.#definitions.passed(kind);
    if (passed !== undefined && passed.from > last.at) {
      const reason = 'it was installed and removed before it could be listed';
      await this.#sayMissed(kind, { from: Math.max(last.at, passed.from), to: passed.to, reason });
    }
  }

  async #sayMissed(kind: Kind, gap: { from: Instant; to: Instant; reason: string }): Promise<void> {
    const { known, tell } = this.#with;
    const name = nameOf(kind);
    const last = known.lastServed(name);
    // By itself: what was missed is no longer than it was.
    if (last !== undefined && !last.isTold) await tell(name, [notServed(last.at)]);
    const missed = watchedReadings(name, { ...NOTHING, gaps: [{ what: 'gap', ...gap, compared: true }] });
    await tell(name, [...missed, notServed(gap.to)]);
    known.keepServed(name, { apiVersion: '', at: gap.to, isTold: true });
  }

  /** Says once that a kind is not followed, and why. */
  async #sayUnwatched(kind: Kind, reason: string): Promise<void> {
    const { known, tell, log } = this.#with;
    const name = nameOf(kind);
    if (this.#said.get(kind) === reason) return;
    this.#said.set(kind, reason);
    log.warn('A kind cannot be followed', { kind: name, reason });
    const at = now();
    const interruption = {
      what: 'interrupted',
      at,
      error: new Error(reason),
      retryInMilliseconds: 0,
    } as const;
    await tell(name, watchedReadings(name, { ...NOTHING, interruptions: [interruption] }));
    if (known.resume(name) === undefined) known.keepServed(name, { apiVersion: '?', at, isTold: true });
  }

  async #noteDefinitions(batch: WatchedChanges): Promise<void> {
    for (const group of this.#definitions.note(batch)) this.#nudges.add(group);
    for (const { from, to, reason } of batch.gaps) {
      for (const kind of this.#notServed()) await this.#sayMissed(kind, { from, to, reason });
    }
    await this.#reach({ definitions: batch.position });
  }

  async #followServices(signal: AbortSignal): Promise<void> {
    const { client, log, proof } = this.#with;
    let refused: string | undefined;
    for await (const news of followApiServices(client, { signal, proof })) {
      const [first] = news.interruptions;
      if (first !== undefined && first.error.message !== refused) {
        refused = first.error.message;
        log.warn('API services cannot be watched, trying again', { reason: refused });
      }
      await this.#noteServices(news);
    }
  }

  /** What is known up to an instant that is asked for already, nothing more comes of. */
  async #answerProofs(signal: AbortSignal): Promise<void> {
    const asked = new Nudges();
    const unheard = this.#with.proof.onAsk(() => asked.add(PROOFS));
    while (!signal.aborted) {
      await asked.next(signal);
      if (!signal.aborted) await this.#reach({});
    }
    unheard();
  }

  async #noteServices({ groups, position }: ApiServicesNews): Promise<void> {
    for (const group of groups) this.#nudges.add(group);
    await this.#reach({ services: position });
  }

  /** Kinds that were followed once and are not served are known to be empty up to here. */
  async #reach({
    definitions,
    services,
  }: {
    definitions?: Position | undefined;
    services?: Position | undefined;
  }) {
    this.#definitionsAt = definitions?.at ?? this.#definitionsAt;
    this.#servicesAt = services?.at ?? this.#servicesAt;
    const at = Math.min(this.#definitionsAt ?? -Infinity, this.#servicesAt ?? -Infinity);
    const isProof = this.#beatAt < this.#with.proof.until && this.#with.proof.until <= at;
    if (at < this.#beatAt + SECOND && !isProof) return;
    this.#beatAt = at;
    const { known, tell } = this.#with;
    for (const kind of this.#notServed()) {
      const last = known.lastServed(nameOf(kind));
      if (last?.isTold && last.at < at) await tell(nameOf(kind), [notServed(at)]);
    }
  }

  #notServed(): Kind[] {
    return DOUBTED_KINDS.filter((kind) => this.#with.known.lastServed(nameOf(kind))?.apiVersion === '');
  }
}

const NOTHING: WatchedChanges = { changes: [], gaps: [], interruptions: [], unusable: [], unchanged: [] };

const notServed = (at: Instant): Reading => ({ kind: 'ignored', at, reason: 'not-served' });

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
