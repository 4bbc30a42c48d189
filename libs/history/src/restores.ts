import type { Interval } from '@margay/ground';
import { COUNTER_WENT_BACK } from './object-doubt.ts';
import { EVERYTHING, placeText } from './place.ts';
import type { Version } from './version.ts';

/**
 * What restores of a cluster's store leave open: about everything, from when a store may have been restored on. As a version
 * without group, resource and name, which lasts.
 *
 * Each object that was seen before and afterwards tells between which instants that was; what all of them have in common is
 * when it was.
 *
 * @param marked the versions that say so, of all times.
 */
export function restoreDoubts(marked: readonly Version[]): Version[] {
  const found: { readonly within: Interval; readonly of: Version }[] = [];
  for (const of of marked) if (of.restored !== undefined) found.push({ within: of.restored, of });
  found.sort((a, b) => a.within.end - b.within.end || a.within.start - b.within.start);
  const doubts: Version[] = [];
  for (let i = 0; i < found.length;) {
    const { within, of } = found[i] as (typeof found)[number];
    let since = within.start;
    for (; i < found.length && (found[i]?.within.start ?? Infinity) < within.end; i++)
      since = Math.max(since, found[i]?.within.start ?? since);
    doubts.push(doubtAbout({ start: since, end: within.end }, of));
  }
  return doubts;
}

/** What a sight of an object says of the cluster's counter, and what to do. */
export function counterWentBack(
  sight: Pick<Version, 'resource' | 'namespace' | 'name' | 'resourceVersion'>,
): string {
  return `The cluster's counter went back: ${placeText(sight)} has resourceVersion ${sight.resourceVersion} after a greater one. The store was restored from a backup, and what had changed since that was made is lost. A list of the cluster's objects settles it.`;
}

function doubtAbout({ start, end }: Interval, of: Version): Version {
  return {
    ...EVERYTHING,
    uid: '',
    resourceVersion: '',
    validFrom: start,
    content: { apiVersion: '', kind: '', metadata: { name: '' } },
    seenMidLife: true,
    doubt: {
      reason: COUNTER_WENT_BACK,
      may: 'be-anything',
      message: counterWentBack(of),
      since: start,
      answeredAt: end,
      source: '',
    },
  };
}
