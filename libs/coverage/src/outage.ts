import { gapsIn, type Instant, type Interval } from '@margay/ground';
import type { CanarySilence } from './canary-proof.ts';
import { allowedAtTheEnd, allowedSilence, silencesOver } from './rhythm.ts';
import type { Stream } from './stream.ts';

/** A time in which it is not known what a stream would have told: `[start, end)`, perhaps without a beginning or an end. */
export type Outage = Interval;

/** How long the silences of a stream may be; undefined where nothing of it has a time. */
export function allowanceOf({ first, rhythm, learnt }: Stream): number | undefined {
  return first === undefined ? undefined : allowedSilence(rhythm, learnt);
}

/**
 * When a stream is not known to have delivered, of all time up to `until`: before its first event, in silences that its rhythm does not
 * allow, and after its last event. While none of its API servers was there, and when it is retired, it had nothing to tell. A watch that goes on tells what it
 * was not told meanwhile, or says that it cannot. Where canaries prove that all came, silence is quiet.
 *
 * @param begin from when on there was something to tell: the cluster's birth; `-Infinity` where it is not known.
 * @param reached until when other sources are known to have told of something: a silence that goes on behind `until` is as long as it is.
 */
export function outagesOf(
  stream: Stream,
  begin: Instant,
  until: Instant,
  reached: Instant = until,
): Outage[] {
  const { first, last, rhythm, learnt, watched, absent = [] } = stream;
  if (first === undefined || last === undefined)
    return begin < until ? gapsIn({ start: begin, end: Infinity }, absent) : [];
  const [allowed, atTheEnd] = [allowedSilence(rhythm, learnt), allowedAtTheEnd(rhythm, learnt)];
  const before = first - begin > atTheEnd ? [{ start: begin, end: first }] : [];
  const silences = watched === undefined ? silencesOver(rhythm, allowed, { start: first, end: last }) : [];
  const proven = stream.proof?.proven ?? [];
  const between = silences.flatMap(({ start, end }) => gapsIn({ start: start + 1, end }, proven));
  // A watch can be asked for proof.
  const [told, tolerated] = watched === undefined ? [Math.max(until, reached), atTheEnd] : [until, 0];
  const behind = told - (last + 1) > tolerated ? [{ start: last + 1, end: Infinity }] : [];
  // What an absence leaves of an outage is one only where it is too long by itself.
  const present = (outages: readonly Outage[], longest: number): Outage[] =>
    outages.flatMap((outage) =>
      gapsIn(outage, absent).filter(
        ({ start, end }) => (start === outage.start && end === outage.end) || end - start > longest,
      ),
    );
  return [...present(before, atTheEnd), ...present(between, allowed), ...present(behind, atTheEnd)].filter(
    ({ start }) => start < until,
  );
}

/** When canaries say that a stream did not deliver, up to `until`. */
export const silencesOf = ({ proof }: Stream, until: Instant): readonly CanarySilence[] =>
  (proof?.silences ?? []).filter(({ start }) => start < until);

/** When none of some knew. @param all each in time order. */
export function commonOutages(all: readonly (readonly Outage[])[]): Outage[] {
  return all.reduce<readonly Outage[]>(overlaps, [{ start: -Infinity, end: Infinity }]).slice();
}

/** Where two lists of intervals overlap. @param a and `b`, in time order. */
function overlaps(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  let [i, j] = [0, 0];
  for (let [one, other] = [a[i], b[j]]; one && other; [one, other] = [a[i], b[j]]) {
    const start = Math.max(one.start, other.start);
    const end = Math.min(one.end, other.end);
    if (start < end) found.push({ start, end });
    if (one.end < other.end) i++;
    else j++;
  }
  return found;
}
