import type { Instant } from '@margay/ground';
import type { Page, WatchEvent } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';
import { fingerprintOf, type Inventory } from './inventory.ts';
import type { Moment } from './moments.ts';
import type { Deleted, Identity, Known, Notice, Project, Unusable } from './notices.ts';
import { writtenAt } from './written-at.ts';

/** The instants around a list. */
export interface ListTimes {
  /** When the state that it shows was reached, at the latest. */
  readonly at: Instant;
  /** Up to when everything was known before; undefined where nothing was. */
  readonly since: Instant | undefined;
  /** Where the store is another one than that of which was told before: by when it was. */
  readonly anotherSince?: Instant | undefined;
}

type PageType = Pick<Page, 'apiVersion' | 'kind'>;

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
    const fingerprint = fingerprintOf(content);
    const written = writtenAt(object);
    const known = { uid, resourceVersion, namespace, name, fingerprint };
    return { content, known: written === undefined ? known : { ...known, written } };
  }

  /** What a page of a list shows that was not known. */
  listed(
    page: Page,
    { at, since, anotherSince, correction }: ListTimes & { readonly correction: boolean },
  ): Notice<T>[] {
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
        ...(anotherSince !== undefined && { isOfAnotherStore: true as const }),
        at,
        notBefore: anotherSince ?? clamp(writtenAt(object), since ?? -Infinity, at) ?? since ?? at,
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

  /** What events of a watch show that was not known. @param moments when each happened. @param at when they came in. */
  watched(events: readonly WatchEvent[], moments: readonly Moment[], at: Instant): Notice<T>[] {
    const notices: Notice<T>[] = [];
    for (const [i, { type, object }] of events.entries()) {
      if (type === 'BOOKMARK') continue;
      const read = this.#read(object);
      if ('lacks' in read) {
        notices.push(unusable(object, read.lacks, at));
        continue;
      }
      const identity = identityOf(read.known);
      const moment = moments[i] as Moment;
      if (type === 'DELETED') {
        this.#inventory.forget(identity.uid);
        notices.push({ what: 'deleted', identity, by: 'watch', correction: false, ...moment });
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
        ...moment,
      });
    }
    return notices;
  }

  /**
   * Says of events in their order when each was written by their objects' records. A record counts where it is of this write: by
   * taking something away an object is written without a trace in it.
   */
  records(): (event: WatchEvent) => Instant | undefined {
    const seen = new Map<string, Instant | undefined>();
    return ({ type, object }) => {
      const { uid } = object.metadata;
      if (type === 'BOOKMARK' || type === 'DELETED' || uid === undefined) return undefined;
      const written = writtenAt(object);
      const isNew = type === 'ADDED' && !seen.has(uid) && !this.#inventory.has(uid);
      const before = isNew ? -Infinity : seen.has(uid) ? seen.get(uid) : this.#inventory.writtenOf(uid);
      seen.set(uid, written);
      return written !== undefined && before !== undefined && written > before ? written : undefined;
    };
  }

  /** The version up to which these events lead; undefined where there are none. */
  lastVersion(events: readonly WatchEvent[]): string | undefined {
    return events.at(-1)?.object.metadata.resourceVersion;
  }
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
