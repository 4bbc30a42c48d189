import { compareTexts, gapsIn, type Instant, type Interval, joined } from '@margay/ground';
import { instantIn, type CanaryRun } from './canary.ts';
import { commonOutages } from './outage.ts';
import { believedOf } from './retirement.ts';
import { sortOf, type Stream } from './stream.ts';

/**
 * Streams of which those that are retired have nothing to tell any more, as if they were absent. That somebody retired one never takes away
 * what else shows that something is untold:
 *
 * - At each instant somebody has to tell: where all streams of a sort are retired or absent, it is as if none was (see `sortOf`).
 * - Where canaries go on being written through an API server that it told of, another stream has to deliver those of that API server.
 *
 * @param streams all of audit events, or all of flows. @param told what the writers of canaries say of them.
 */
export function withoutRetired(streams: readonly Stream[], told: readonly CanaryRun[]): Stream[] {
  if (streams.every(({ retired }) => retired === undefined)) return [...streams];
  return [...Map.groupBy(streams, sortOf).values()]
    .flatMap((alike) => {
      const silent = commonOutages(alike.map(excused));
      const serving = alike.filter((stream) => believedOf(stream) === undefined);
      return alike.map((stream) => relieved(stream, silent, serving, told));
    })
    .sort((a, b) => compareTexts(a.name, b.name));
}

/** When a stream had nothing to tell, in time order. */
function excused(stream: Stream) {
  const retirement = believedOf(stream);
  const gone = retirement === undefined ? [] : [{ start: retirement.from, end: Infinity }];
  return joined([...(stream.absent ?? []), ...gone]);
}

function relieved(
  stream: Stream,
  silent: readonly Interval[],
  serving: readonly Stream[],
  told: readonly CanaryRun[],
): Stream {
  const retirement = believedOf(stream);
  if (retirement === undefined) return stream;
  const { from } = retirement;
  const served = new Set(serving.flatMap(({ canaries }) => canaries.map(({ server }) => server)));
  const isWritten = (server: string) =>
    told.some((run) => run.state === 'written' && run.server === server && run.last >= from);
  const unheard = (stream.proof?.silences ?? []).filter(
    ({ server }) => !served.has(server) && isWritten(server),
  );
  const gone = gapsIn({ start: from, end: Infinity }, joined([...silent, ...unheard]));
  const silencesLeft = (stream.proof?.silences ?? []).flatMap(({ server, ...silence }) =>
    gapsIn(silence, gone)
      // What was written when it was retired already says nothing of the time before.
      .filter(({ end }) => end !== from || firstMissed(stream, server, told) < from)
      .map((left) => ({ server, ...left })),
  );
  return {
    ...stream,
    absent: joined([...(stream.absent ?? []), ...gone]),
    ...(stream.proof && { proof: { ...stream.proof, silences: silencesLeft } }),
  };
}

/** About when the first canary of an API server was written behind the last that a stream delivered. */
function firstMissed({ canaries }: Stream, server: string, told: readonly CanaryRun[]): Instant {
  const seen = canaries.filter((run) => run.server === server && run.state === 'seen');
  const written = told.filter((run) => run.server === server && run.state === 'written');
  return [...Map.groupBy(seen, ({ writer }) => writer)].reduce((first, [writer, runs]) => {
    const behind = runs.reduce((last, { to }) => Math.max(last, to), -1) + 1;
    const missed = written
      .filter((run) => run.writer === writer && run.to >= behind)
      .map((run) => instantIn(run, Math.max(run.from, behind)));
    return Math.min(first, ...missed);
  }, Infinity);
}
