import { type Instant, parseInstant, SECOND } from '@margay/ground';
import type { Page, WatchEvent } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';
import { fingerprintOf, type Inventory } from './inventory.ts';
import type { Deleted, Identity, Known, Notice, Project, Unusable } from './notices.ts';

/** The instants around a list. */
export interface ListTimes {
  /** When the state that it shows was reached, at the latest. */
  readonly at: Instant;
  /** Up to when everything was known before; undefined where nothing was. */
  readonly since: Instant | undefined;
}

/** The instants around events of a watch. */
export interface WatchTimes {
  /** When they came in. */
  readonly at: Instant;
  /** Up to when everything was told before. */
  readonly since: Instant;
  /** When this watch began, and how far back it went on from. */
  readonly begun: Instant;
  readonly resumedAt: Instant;
}

type PageType = Pick<Page, 'apiVersion' | 'kind'>;

/** A watch begun late tells what happened meanwhile within this time. */
const CATCH_UP = 5 * SECOND;

/** What lists and watches show, as notices: each compared with what was known of its object. */
export class ObjectStates<T> {
  readonly #inventory: Inventory;
  readonly #project: Project<T>;

  constructor(inventory: Inventory, project: Project<T>) {
    this.#inventory = inventory;
    this.#project = project;
  }

  /** What is known of an object once it is shown; undefined where it is unusable. */
  knownOf(object: ApiObject, page?: PageType): Known | undefined {
    const read = this.#read(object, page);
    return 'lacks' in read ? undefined : read.known;
  }

  #read(object: ApiObject, page?: PageType): { known: Known; content: T } | { lacks: string } {
    // Items of built-in lists do not say what they are.
    const read = this.#project(page ? { apiVersion: page.apiVersion, kind: page.kind, ...object } : object);
    if ('lacks' in read) return read;
    const { uid, resourceVersion, namespace, name, content } = read;
    return { content, known: { uid, resourceVersion, namespace, name, fingerprint: fingerprintOf(content) } };
  }

  /** What a page of a list shows that was not known. */
  listed(page: Page, { at, since, correction }: ListTimes & { readonly correction: boolean }): Notice<T>[] {
    const notices: Notice<T>[] = [];
    for (const object of page.items) {
      const read = this.#read(object, page);
      if ('lacks' in read) {
        notices.push(unusable(object, read.lacks, at));
        continue;
      }
      const relation = this.#inventory.note(read.known);
      if (relation === 'same') continue;
      const unchanged = relation === 'unchanged';
      notices.push({
        what: 'upserted',
        identity: identityOf(read.known),
        object: read.content,
        by: 'list',
        created: false,
        unchanged,
        // Another version was written since: what it was in between nobody knows, whatever it shows now.
        correction,
        at,
        notBefore: clamp(writtenAt(object), since ?? -Infinity, at) ?? since ?? at,
      });
    }
    return notices;
  }

  /** The ends of the objects that the list, now complete, has not shown. */
  ended({ at, since }: ListTimes): Deleted[] {
    return [...this.#inventory.endListing()].map((known) => ({
      what: 'deleted',
      identity: identityOf(known),
      by: 'list',
      correction: true,
      at,
      notBefore: since ?? at,
    }));
  }

  watched(events: readonly WatchEvent[], times: WatchTimes): Notice<T>[] {
    const notices: Notice<T>[] = [];
    for (const { type, object } of events) {
      if (type === 'BOOKMARK') continue;
      const read = this.#read(object);
      if ('lacks' in read) {
        notices.push(unusable(object, read.lacks, times.at));
        continue;
      }
      const identity = identityOf(read.known);
      const notBefore = Math.min(times.since, times.at);
      if (type === 'DELETED') {
        this.#inventory.forget(identity.uid);
        notices.push({ what: 'deleted', identity, by: 'watch', correction: false, at: times.at, notBefore });
        continue;
      }
      const relation = this.#inventory.note(read.known);
      if (relation === 'same') continue;
      notices.push({
        what: 'upserted',
        identity,
        object: read.content,
        by: 'watch',
        created: type === 'ADDED' && relation === 'new',
        unchanged: relation === 'unchanged',
        correction: false,
        at: heldAt(object, times),
        notBefore,
      });
    }
    return notices;
  }

  /** The version up to which these events lead; undefined where there are none. */
  lastVersion(events: readonly WatchEvent[]): string | undefined {
    return events.at(-1)?.object.metadata.resourceVersion;
  }
}

/**
 * From when on an object of a watch's event held what it shows.
 *
 * Live, that is when the event came in. A watch that was begun late first tells what happened meanwhile; then the
 * object's own record of its last write, exact to the second, is nearer to the truth where it lies in that time.
 */
export function heldAt(object: ApiObject, times: WatchTimes): Instant {
  const { at, resumedAt } = times;
  if (!isCatchingUp(times)) return at;
  const written = writtenAt(object);
  if (written === undefined || written < resumedAt) return at;
  return Math.min(at, written + SECOND);
}

/** Whether a watch that was begun late may still be telling what happened meanwhile. */
export const isCatchingUp = ({ at, begun, resumedAt }: Omit<WatchTimes, 'since'>): boolean =>
  begun - resumedAt > 3 * SECOND && at - begun < CATCH_UP;

/** When the object was last written, by its own record and cut to the second; undefined where it has none. */
export function writtenAt({ metadata }: ApiObject): Instant | undefined {
  const times = [metadata.creationTimestamp, ...(metadata.managedFields ?? []).map(({ time }) => time)];
  const instants = times.map(parseInstant).filter((instant) => instant !== undefined);
  return instants.length === 0 ? undefined : Math.max(...instants);
}

function clamp(instant: Instant | undefined, from: Instant, to: Instant): Instant | undefined {
  return instant === undefined ? undefined : Math.min(Math.max(instant, from), to);
}

function identityOf({ uid, resourceVersion, namespace, name }: Known): Identity {
  return { uid, resourceVersion, namespace, name };
}

function unusable({ metadata }: ApiObject, lacks: string, at: Instant): Unusable {
  return { what: 'unusable', namespace: metadata.namespace ?? '', name: metadata.name, lacks, at };
}
