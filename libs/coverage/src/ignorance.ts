import {
  formatInstant,
  gapsIn,
  type Instant,
  joined,
  DOUBTED_KINDS,
  lengthInWords,
  resourceName,
} from '@margay/ground';
import type { CanarySilence } from './canary-proof.ts';
import type { CanaryRun } from './canary.ts';
import type { Delivery, Unread } from './delivery.ts';
import type { About, Doubt, DoubtReason } from './doubt.ts';
import type { Listing } from './listing.ts';
import { totalOf } from './mark.ts';
import { allowanceOf, outagesOf, silencesOf, type Outage } from './outage.ts';
import { LONG_AGO } from './lateness.ts';
import { believedOf } from './retirement.ts';
import { allowedAtTheEnd } from './rhythm.ts';
import { lostKnowledge, sourceName } from './source.ts';
import type { Stream } from './stream.ts';
import type { Unwatched } from './watch.ts';

/** Something that was not told, before it is known of which objects. */
export interface Ignorance extends Outage {
  readonly reason: DoubtReason;
  readonly source: string;
  readonly message: string;
  /** See `Doubt`. */
  readonly sparesSeen?: true;
  /** So little of it, behind a list that shows the whole, is no more than silence. */
  readonly allowed: number;
}

/** What the audit streams did not tell, of all time up to `until`. @param reached see `outagesOf`. */
export function ignoranceOf(
  streams: readonly Stream[],
  begin: Instant,
  until: Instant,
  reached?: Instant,
): Ignorance[] {
  if (streams.length === 0) {
    const message = 'No audit log was read.';
    return [{ start: begin, end: Infinity, reason: 'gap', source: '', message, allowed: 0 }];
  }
  return streams.flatMap((stream) => [
    ...silencesOf(stream, until).map((silence) => canaryGap(silence, stream.name)),
    ...outagesOf(stream, begin, until, reached)
      .flatMap((outage) => gapsIn(outage, joined(silencesOf(stream, until))))
      .map((outage) => ({
        ...outage,
        ...whyNot(stream, outage),
        allowed: allowedAtTheEnd(stream.rhythm, stream.learnt),
      })),
    ...stream.unread.flatMap((unread) => unreadIgnorance(stream, unread, begin)),
  ]);
}

/** A source that delivers others of an API server's canaries did not deliver these. */
const canaryGap = ({ start, end, server }: CanarySilence, source: string): Ignorance => ({
  start,
  end,
  allowed: 0,
  reason: 'gap',
  source,
  message: `${source} did not deliver what was written through the API server ${server} from ${formatInstant(start)}${end === Infinity ? ' on' : ` to ${formatInstant(end)}`} to see whether it arrives (canaries): what else that API server told then is not known.`,
});

/**
 * What canaries tell beside those that came: API servers of which no source tells, and audit events that an API server itself
 * counts as not handed on.
 *
 * @param unheard see `unheardServers`. @param told what the writers of canaries say.
 */
export function canaryIgnorance(
  unheard: readonly CanarySilence[],
  told: readonly CanaryRun[],
  until: Instant,
): Ignorance[] {
  const gap = { allowed: 0, reason: 'gap' as const };
  const ofServers = unheard.map(({ start, end, server }) => ({
    ...gap,
    start,
    end,
    source: server,
    message: `No audit log delivers what is written through the API server ${server} to see whether it arrives (canaries), from ${formatInstant(start)} on, while those of others come: read its log, too.`,
  }));
  const ofEvents = told
    .filter(({ state }) => state === 'lost')
    .map(({ server, first, last, message = '' }) => ({
      ...gap,
      start: first,
      end: last,
      source: server,
      message,
    }));
  return [...ofServers, ...ofEvents].filter(({ start, end }) => start < end && start < until);
}

function whyNot(stream: Stream, { start, end }: Outage): Pick<Ignorance, 'reason' | 'source' | 'message'> {
  const source = stream.name;
  if (stream.first === undefined)
    return { reason: 'gap', source, message: `Nothing that ${source} delivered has a time.` };
  if (start === -Infinity)
    return {
      reason: 'beginning',
      source,
      message:
        `${source} begins at ${formatInstant(end)}, in the middle of the cluster’s life: what existed before, and was not ` +
        'touched since, is not known. Give a log that begins with the cluster, or a baseline.',
    };
  const isBeginning = end === stream.first;
  const allowed = lengthInWords(
    isBeginning ? allowedAtTheEnd(stream.rhythm, stream.learnt) : (allowanceOf(stream) ?? 0),
  );
  const message = Number.isFinite(end)
    ? `Nothing is known to have been delivered by ${source} from ${formatInstant(start)} to ${formatInstant(end)}, for longer than its rhythm allows (${allowed}).`
    : `Nothing is known to have been delivered by ${source} from ${formatInstant(start)} on.${believedOf(stream) ? ALONE : ''}`;
  return { reason: 'gap', source, message };
}

const ALONE = ' It is retired, and no other audit log is left that tells in its place: have one read.';

function unreadIgnorance(
  { name }: Stream,
  { after, before, counts, problems }: Unread,
  begin: Instant,
): Ignorance[] {
  const total = totalOf(counts);
  const [first] = problems;
  const where = `${after === undefined ? 'before the first event' : `after ${formatInstant(after)}`}${before === undefined ? '' : ` and before ${formatInstant(before)}`}`;
  return [
    {
      start: after === undefined ? begin : Math.max(begin, after + 1),
      end: before ?? Infinity,
      allowed: 0,
      reason: 'unusable' as const,
      source: name,
      message:
        `${total === 1 ? 'Something that nobody can read was' : `${total} things that nobody can read were`} delivered by ${name}, ${where}` +
        `${first === undefined ? '' : ` (${first.position === 0 ? 'before line 1' : `line ${first.position}`}: ${first.message.replace(/\.$/, '')})`}.`,
    },
  ].filter(({ start, end }) => start < end);
}

/**
 * What was lost between the services, and may be about anything. When it happened is not known, but that it had by the time at which the
 * services were told.
 */
export function lostIgnorance(lost: readonly Delivery[], begin: Instant): Ignorance[] {
  return lost
    .filter(({ source }) => lostKnowledge(source) === 'everything')
    .flatMap(({ source, unread }) =>
      unread.map(({ after = LONG_AGO, before = Infinity, problems }) => ({
        start: Math.max(begin, after),
        end: before,
        allowed: 0,
        reason: 'lost' as const,
        source: sourceName(source),
        message: `${problems[0]?.message ?? 'Messages between the services are lost'}${problems.length > 1 ? ` There are ${problems.length - 1} more.` : ''}`,
      })),
    )
    .filter(({ start, end }) => start < end);
}

/** A kind that is watched, and when it was not. */
interface Watched {
  readonly kind: { readonly group: string; readonly resource: string };
  readonly names: readonly string[];
  readonly outages: readonly Unwatched[];
}

/**
 * The doubts that remain of what was not told.
 *
 * What an audit log does not tell may have happened to anything. A watch tells of its kind whatever happens, so that only that
 * is open of a kind that is watched which neither told; where a watch goes on, it has seen the whole state. Kinds that are
 * not watched while others are, are not served.
 */
export function doubtsAbout({
  untold,
  lost,
  watches,
  listings,
  isAudited,
}: {
  readonly untold: readonly Ignorance[];
  /** Whoever told it: a watch does not make it good. */
  readonly lost: readonly Ignorance[];
  readonly watches: readonly Watched[];
  readonly listings: readonly Listing[];
  readonly isAudited: boolean;
}): Doubt[] {
  if (watches.length > 0)
    return [
      ...watches.flatMap((watched) => {
        const seen = listingsOf(listings, watched.kind);
        return piecesOf(untold, watched, isAudited).flatMap(({ settledAt, ...piece }) =>
          doubtsBetween(watched.kind, piece, [...seen, settledAt]),
        );
      }),
      ...ofAllKinds(lost, listings),
    ];
  return ofAllKinds([...untold, ...lost], listings);
}

/** Doubts about everything; kind by kind where lists show the whole of some. */
function ofAllKinds(untold: readonly Ignorance[], listings: readonly Listing[]): Doubt[] {
  if (listings.length === 0) return untold.flatMap((ignorance) => doubtsBetween('everything', ignorance, []));
  return DOUBTED_KINDS.flatMap(({ group, resource }) => {
    const seen = listingsOf(listings, { group, resource });
    return untold.flatMap((ignorance) => doubtsBetween({ group, resource }, ignorance, seen));
  });
}

const listingsOf = (listings: readonly Listing[], kind: Watched['kind']): Instant[] =>
  listings
    .filter(({ group, resource }) => group === kind.group && resource === kind.resource)
    .map(({ at }) => at);

/** What of the untold no watch saw either, and when the watch went on. */
function piecesOf(
  untold: readonly Ignorance[],
  { names, outages }: Watched,
  isAudited: boolean,
): (Ignorance & { settledAt: Instant })[] {
  return outages.flatMap((outage) => {
    const { start, end, isOfAnotherStore } = outage;
    if (isOfAnotherStore)
      return [{ start, end, settledAt: end, allowed: 0, ...restoredWords(names, outage) }];
    return untold
      .map(({ start, end, reason, source, message, allowed }) => ({
        start: Math.max(start, outage.start),
        end: Math.min(end, outage.end),
        settledAt: outage.end,
        allowed,
        ...(outage.sparesSeen && { sparesSeen: true as const }),
        ...(isAudited ? { reason, source, message } : unwatchedWords(names, outage)),
      }))
      .filter((piece) => piece.start < piece.end);
  });
}

function restoredWords(names: readonly string[], { start, end }: Unwatched) {
  const source = names.join(', ');
  const message = `${source} found that the store behind the API server is another one than before, as one that was restored from a backup between ${formatInstant(start)} and ${formatInstant(end)}: what was so in that time nobody knows, whoever told it. A list told the rest.`;
  return { reason: 'watch' as const, source, message };
}

function unwatchedWords(names: readonly string[], { start, end, sparesSeen }: Unwatched) {
  const source = names.join(', ');
  if (sparesSeen) {
    const message = `${source} missed what came and went again from ${formatInstant(start)} to ${formatInstant(end)}: a list told the rest.`;
    return { reason: 'watch' as const, source, message };
  }
  const to = end === Infinity ? ' on' : ` to ${formatInstant(end)}`;
  const when =
    start > -Infinity
      ? ` from ${formatInstant(start)}${to}`
      : end < Infinity
        ? ` before ${formatInstant(end)}`
        : '';
  return { reason: 'gap' as const, source, message: `${source} is not known to have watched${when}.` };
}

/** The doubts that are left of something untold by lists that show the whole, within it and behind it. @param seen when. */
function doubtsBetween(about: About, ignorance: Ignorance, seen: readonly Instant[]): Doubt[] {
  const { start, end, allowed, source } = ignorance;
  const lists = seen.filter((at) => Number.isFinite(at) && at > start).sort((a, b) => a - b);
  const within = lists.filter((at) => at < end);
  const settledAt = lists.find((at) => at >= end);
  const bounds = [start, ...within, end];
  return bounds.slice(1).flatMap((until, i) => {
    const since = bounds[i]!;
    if (i > 0 && until - since <= allowed) return [];
    const piece: Ignorance =
      i === 0
        ? { ...ignorance, end: until }
        : {
            ...ignorance,
            start: since,
            end: until,
            reason: 'gap',
            message: untoldWords(source, since, until),
          };
    return [doubt(about, piece, until === end ? settledAt : until)];
  });
}

const untoldWords = (source: string, from: Instant, to: Instant): string =>
  `Nothing is known to have been delivered by ${source} from ${formatInstant(from)}${to === Infinity ? ' on' : ` to ${formatInstant(to)}`}.`;

function doubt(
  about: About,
  { start, end, reason, source, message, sparesSeen }: Ignorance,
  settledAt: Instant | undefined,
): Doubt {
  const kind = about === 'everything' ? '' : `/${resourceName(about)}`;
  const from = start === -Infinity ? '' : `/${formatInstant(start)}`;
  return {
    id: `${reason}${kind}/${source}${from}`,
    about,
    since: start,
    ...(end !== Infinity && { until: end }),
    ...(settledAt !== undefined && { settledAt }),
    ...(sparesSeen && { sparesSeen }),
    reason,
    message,
    source,
  };
}
