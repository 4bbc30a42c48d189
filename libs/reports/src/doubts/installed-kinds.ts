import {
  formatInstant,
  type Instant,
  type Kind,
  kindOf,
  kindOfDefinition,
  resourceName,
} from '@margay/ground';
import type { Doubt } from '@margay/coverage';
import type { Version } from '@margay/history';

/**
 * Doubts about kinds that restrict traffic in ways that are not understood, while a definition of theirs is there: whether there are
 * objects of them only a list tells. One that a watch follows says so itself.
 *
 * @param watched the kinds that are followed by list and watch.
 * @param end of the window: what becomes of a definition behind it is not looked at.
 */
export function installedKinds(
  versions: readonly Version[],
  watched: readonly Pick<Kind, 'group' | 'resource'>[],
  end: Instant,
): Doubt[] {
  const isWatched = new Set(watched.map(resourceName));
  const definitions = versions.filter((version) => kindOf(version)?.role === 'definition');
  return [...Map.groupBy(definitions, ({ name }) => name)].flatMap(([name, lives]) => {
    const kind = kindOfDefinition(name);
    if (kind?.form !== 'foreign' || isWatched.has(resourceName(kind))) return [];
    const { group, resource } = kind;
    return stretchesOf(lives, end).map(({ from, to }) => ({
      id: `foreign-kind/${resourceName(kind)}/${formatInstant(from)}`,
      about: { group, resource },
      since: from,
      until: from,
      ...(to < Infinity && { settledAt: to }),
      sparesSeen: true,
      reason: 'foreign-kind',
      message:
        `The definition ${name} was there from ${formatInstant(from)}${to < Infinity ? ` to ${formatInstant(to)}` : ' on'}: objects of this kind restrict traffic in ways that are not understood, ` +
        'and nobody listed them, so that there are none is not known. Follow the cluster by list and watch, or give a baseline that lists them.',
      source: '',
    }));
  });
}

/** When a definition was there, as far as its versions tell: what touches is one. */
function stretchesOf(lives: readonly Version[], end: Instant): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = [];
  for (const { validFrom, validTo = Infinity } of lives.toSorted((a, b) => a.validFrom - b.validFrom)) {
    const last = stretches.at(-1);
    if (last !== undefined && validFrom <= last.to) last.to = Math.max(last.to, validTo);
    else stretches.push({ from: validFrom, to: validTo });
  }
  return stretches.map(({ from, to }) => ({ from, to: to < end ? to : Infinity }));
}
