import { areComparable, compareResourceVersions } from '@margay/ground';
import type { Page } from '../client/client.ts';
import type { Inventory } from './inventory.ts';
import type { Identity, Known, Position } from './notices.ts';

/** What a list of what there is now says of the store. */
export interface Present {
  /** What the list shows the state of. */
  readonly resourceVersion: string;
  /** Why it cannot be the store in which the position lies; undefined where it may be. */
  readonly contradiction?: string;
  /** What was known and is not there: a watch from the position on has to tell that it is gone. */
  readonly missing: readonly Identity[];
}

/** How a number that the store has now contradicts that it had come as far as another one; undefined where it does not. */
export const wentBack = (now: string, before: string): string | undefined =>
  areComparable(now, before) && compareResourceVersions(now, before) < 0
    ? `its resourceVersion is ${now} now, and had been ${before}`
    : undefined;

/**
 * Compares what there is now with what was known when the store was at a position. A watch is no help there: API servers take a position that
 * is ahead of their store, and are quiet until it gets there.
 *
 * The state of then is not asked for: API servers keep it for some minutes, and not all of them know how to. What is there now says enough. A
 * store never goes back, so it is at the position at least; what it shows to be written until then was told of by then; and what it does not
 * show any more is told of by the watch.
 *
 * @param pages of a list that is no older than when it was asked for; the metadata of objects are enough.
 * @param inventory what was known at the position; undefined where that is not known.
 */
export async function compareWithPresent(
  pages: AsyncIterable<Page>,
  position: Position,
  inventory: Inventory | undefined,
): Promise<Present> {
  const shown = new Set<string>();
  let resourceVersion = '';
  for await (const page of pages) {
    ({ resourceVersion } = page);
    const contradiction =
      wentBack(resourceVersion, position.resourceVersion) ??
      (inventory && contradictionIn(page, position, inventory));
    if (contradiction !== undefined) return { resourceVersion, contradiction, missing: [] };
    if (inventory === undefined) break;
    for (const { metadata } of page.items) if (metadata.uid !== undefined) shown.add(metadata.uid);
  }
  const missing = [...(inventory?.identities() ?? [])].filter(({ uid }) => !shown.has(uid));
  return { resourceVersion, missing };
}

/** What of a page was written before the position, and was not known there. */
function contradictionIn({ items }: Page, position: Position, inventory: Inventory): string | undefined {
  for (const { metadata } of items) {
    const { uid, resourceVersion, namespace = '', name } = metadata;
    if (uid === undefined || resourceVersion === undefined || name === undefined) continue;
    if (!areComparable(resourceVersion, position.resourceVersion)) continue;
    if (compareResourceVersions(resourceVersion, position.resourceVersion) > 0) continue;
    const known = inventory.knownOf(uid);
    const place = placeOf({ namespace, name });
    if (known === undefined)
      return `${place} is there, written at ${resourceVersion}, and was not there at ${position.resourceVersion}`;
    if (isAnother(known, resourceVersion))
      return `${place} was written at ${resourceVersion}, and had been written at ${known.resourceVersion}`;
  }
  return undefined;
}

/** Of what an earlier run kept, writes that change nothing that is kept of an object are not known. */
const isAnother = (known: Known & { readonly isExact: boolean }, resourceVersion: string): boolean =>
  known.isExact
    ? known.resourceVersion !== resourceVersion
    : compareResourceVersions(resourceVersion, known.resourceVersion) < 0;

/** Where an object is, for people. */
export const placeOf = ({ namespace, name }: Pick<Identity, 'namespace' | 'name'>): string =>
  namespace === '' ? name : `${namespace}/${name}`;
