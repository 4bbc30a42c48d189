import { kindOf, keyText } from '@margay/ground';
import type { PlayedVersion } from '../doubts/played.ts';
import type { ObjectChange } from './objects.ts';
import type { Step } from './steps.ts';

/** In every namespace. */
export const EVERYWHERE = '';

/** Where it is not known which pods services hold: which doubts leave it open now, and which did at any time. */
export class OpenServices {
  /** By namespace: doubts about what makes a service hold a pod, by whose they are. */
  readonly #now = new Map<string, Map<string, string>>();
  /** By namespace, ids of all doubts for which a service may hold other pods than is known. */
  readonly #ever = new Map<string, Set<string>>();

  /** Applies all that changed at one instant; the namespaces in which all is known again. */
  apply(changes: ReadonlyMap<string, ObjectChange>, { unseenBegun, unseenEnded }: Step): Set<string> {
    const closed = new Set<string>();
    for (const { before, now } of changes.values()) {
      if (before?.doubted !== undefined && isOfService(before)) {
        this.#close(before.namespace, keyText(before), closed);
      }
      if (now?.doubted === undefined) continue;
      const { id, may } = now.doubted;
      if (isOfService(now)) this.#open(now.namespace, keyText(now), id);
      // A pod that may have other labels or addresses may be held by anyone.
      else if (now.resource === 'pods' && may !== 'be-gone') this.#note(now.namespace, id);
    }
    for (const { id, namespace = EVERYWHERE, ...kind } of unseenEnded)
      if (isOfService(kind)) this.#close(namespace, `${id} ${kind.resource}`, closed);
    for (const { id, namespace = EVERYWHERE, ...kind } of unseenBegun) {
      if (isOfService(kind)) this.#open(namespace, `${id} ${kind.resource}`, id);
      else if (kind.resource === 'pods') this.#note(namespace, id);
    }
    return closed;
  }

  /** Whether it is not known now which pods the services of a namespace hold. */
  isOpen(namespace: string): boolean {
    return this.#now.size > 0 && (this.#now.has(namespace) || this.#now.has(EVERYWHERE));
  }

  /** Ids of the doubts for which services of a namespace may have held other pods than is known. */
  doubtsIn(namespace: string): readonly string[] {
    return [...(this.#ever.get(EVERYWHERE) ?? []), ...(this.#ever.get(namespace) ?? [])];
  }

  #open(namespace: string, whose: string, id: string): void {
    const open = this.#now.get(namespace);
    if (open === undefined) this.#now.set(namespace, new Map([[whose, id]]));
    else open.set(whose, id);
    this.#note(namespace, id);
  }

  #close(namespace: string, whose: string, closed: Set<string>): void {
    const open = this.#now.get(namespace);
    if (open?.delete(whose) !== true || open.size > 0) return;
    this.#now.delete(namespace);
    closed.add(namespace);
  }

  #note(namespace: string, id: string): void {
    const ids = this.#ever.get(namespace);
    if (ids === undefined) this.#ever.set(namespace, new Set([id]));
    else ids.add(id);
  }
}

const isOfService = (kind: Pick<PlayedVersion, 'group' | 'resource'>): boolean =>
  kindOf(kind)?.role === 'service';
