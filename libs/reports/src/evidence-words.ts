import type { Evidence } from '@margay/coverage';
import { lengthInWords, SECOND } from '@margay/ground';
import type { NeverSeen } from './named/never-seen.ts';

/** What of the evidence the words rest on: less of it in reports of older releases. */
export type Told = Partial<Pick<Evidence, 'grade' | 'complete' | 'reasons'>> & {
  readonly sources?: readonly Partial<Evidence['sources'][number]>[];
};

/**
 * How much is known of what the sources delivered, in a few words: the grade, never without its longest silence, and whether
 * something is left open.
 */
export function evidenceGrade(sources: Told | null | undefined): string {
  if (sources?.grade === undefined) return 'not known';
  const { grade, complete = false, sources: each = [] } = sources;
  const isOpen = !complete && (grade === 'proven' || grade === 'no gap seen');
  const silence = longestOf(each);
  return [
    complete ? `complete: ${grade}` : grade,
    ...(silence === undefined ? [] : [`longest silence ${silence}`]),
    ...(isOpen ? ['something is left open'] : []),
  ].join(', ');
}

/** How many names the words have. */
const NAMES_IN_WORDS = 3;

/** What existed and was never seen, in a sentence; empty where there is nothing. Reports of older releases do not say. */
export function neverSeenWords(neverSeen: NeverSeen | undefined): string {
  if (neverSeen === undefined || neverSeen.total === 0) return '';
  const { total, numEndpoints, numNotKept, listed } = neverSeen;
  const others = total - numEndpoints - numNotKept;
  const counts = [
    ...(numEndpoints > 0 ? [`${numEndpoints} endpoint${numEndpoints === 1 ? '' : 's'}`] : []),
    ...(others > 0 ? [`${others} other object${others === 1 ? '' : 's'}`] : []),
    ...(numNotKept > 0 ? [`${numNotKept} of kinds whose history is not kept`] : []),
  ];
  const names = listed.slice(0, NAMES_IN_WORDS).map(({ resource }) => resource);
  const more = total > names.length ? ' …' : '';
  return `Named by the evidence and never seen: ${counts.join(', ')}: ${names.join(', ')}${more}`;
}

/** The longest silence of all sources, and how long the rhythm of that source allows. */
function longestOf(sources: NonNullable<Told['sources']>): string | undefined {
  const [longest] = sources
    .flatMap(({ source, longestSilence, allowedSilence }) =>
      longestSilence === undefined ? [] : [{ source, seconds: longestSilence.seconds, allowedSilence }],
    )
    .sort((a, b) => b.seconds - a.seconds);
  if (longest === undefined) return undefined;
  const allowed =
    longest.allowedSilence === undefined
      ? ''
      : ` of ${lengthInWords(longest.allowedSilence * SECOND)} that its rhythm allows`;
  return `${lengthInWords(longest.seconds * SECOND)}${allowed}${sources.length > 1 ? ` (${longest.source})` : ''}`;
}
