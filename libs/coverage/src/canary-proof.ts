import { gapsIn, joined, SECOND, type Instant, type Interval, type Window } from '@margay/ground';
import { goesOn } from './canary-runs.ts';
import { absencesOf } from './canary-absence.ts';
import { instantIn, type CanaryRun } from './canary.ts';
import { stretchesOfRounds, timeSince } from './told-rounds.ts';

/** Within this time a source should have delivered a canary, on its slowest way: a webhook's batch, a log that is shipped. */
export const SEEN_WITHIN = 35 * SECOND;

/** Canaries of one API server that were written and that a source did not deliver: it was silent since the last that came. */
export interface CanarySilence extends Interval {
  readonly server: string;
}

/** What canaries say of one source. */
export interface CanaryProof {
  /** Where all that its API servers told arrived, in time order. */
  readonly proven: readonly Interval[];
  /** By API server, in time order. */
  readonly silences: readonly CanarySilence[];
}

const isOf =
  (state: CanaryRun['state'], writer?: string) =>
  (run: CanaryRun): boolean =>
    run.state === state && (writer === undefined || run.writer === writer);

/**
 * What canaries say of a source.
 *
 * What lies between two that follow one another is proven. One that was written and did not come, though others of that API
 * server come in this source, is a silence. One that was not written proves nothing and is no silence, and a source in
 * which none ever came is not known to be one that should have them.
 *
 * @param seen the runs that the source delivered.
 * @param told what the writers say of theirs.
 */
export function canaryProofOf(seen: readonly CanaryRun[], told: readonly CanaryRun[]): CanaryProof {
  const proven: Interval[] = [];
  const silences: CanarySilence[] = [];
  for (const [writer, ofWriter] of Map.groupBy(seen.filter(isOf('seen')), (run) => run.writer)) {
    const ofServers = Map.groupBy(ofWriter, ({ server }) => server);
    const whole = joined([...ofServers.values()].flatMap(stretchesOf));
    // A source that several API servers share is proven where each of them is that it told of before and behind.
    const open = joined([...ofServers.values()].flatMap((runs) => between(runs)));
    proven.push(...whole.flatMap((stretch) => gapsIn(stretch, open)));
    for (const [server, runs] of ofServers) {
      const own = told.filter((run) => run.writer === writer);
      const absent = absencesOf(new Set([server]), told);
      for (const silence of silencesOf(server, runs, own))
        silences.push(...gapsIn(silence, absent).map((left) => ({ server, ...left })));
    }
  }
  return { proven: joined(proven), silences: silences.sort((a, b) => a.start - b.start) };
}

const between = (runs: readonly CanaryRun[]): Interval[] =>
  runs.slice(1).flatMap((run, i) => (goesOn(runs[i]!, run) ? [] : [spanOf(runs[i]!.last, run.first)]));

/** From the first to the last of runs of which each goes on where the one before ended. */
function stretchesOf(runs: readonly CanaryRun[]): Interval[] {
  return runs.map(({ first, last }, i) => {
    const next = runs[i + 1];
    return { start: first, end: next !== undefined && goesOn(runs[i]!, next) ? next.first : last };
  });
}

/** A clock that was set back makes the later one the earlier. */
const spanOf = (a: Instant, b: Instant): Interval => ({ start: Math.min(a, b), end: Math.max(a, b) });

/** @param runs that came of the API server, by sequence. @param told all that its writer says. */
function silencesOf(server: string, runs: readonly CanaryRun[], told: readonly CanaryRun[]): CanarySilence[] {
  const written = told.filter((run) => run.state === 'written' && run.server === server);
  const isWritten = (from: number, to: number) =>
    from <= to && written.some((run) => run.from <= to && from <= run.to);
  const within = runs.slice(1).flatMap((run, i) => {
    const before = runs[i]!;
    if (!isWritten(before.to + 1, run.from - 1)) return [];
    const { start, end } = spanOf(before.last, run.first);
    return [{ server, start: start + 1, end }];
  });
  const last = runs.at(-1)!;
  const isSilent = firstOverdue(written, last.to, told) !== undefined;
  return isSilent ? [...within, { server, start: last.last + 1, end: Infinity }] : within;
}

/**
 * When the first one behind a sequence was written that should have come by now; undefined where there is none.
 *
 * @param told what its writer says of all of them: so much time has gone by as they show, however its clock was set meanwhile.
 */
function firstOverdue(
  written: readonly CanaryRun[],
  behind: number,
  told: readonly CanaryRun[],
): Instant | undefined {
  const due = written.find(({ to }) => to > behind);
  if (due === undefined) return undefined;
  const sequence = Math.max(due.from, behind + 1);
  const at = instantIn(due, sequence);
  const rounds = stretchesOfRounds(told.filter(({ state }) => state !== 'lost'));
  return timeSince(rounds, { sequence, at }) >= SEEN_WITHIN ? at : undefined;
}

/**
 * API servers whose canaries come in no source, while those of others do: their log is not read, or is lost.
 *
 * @param seen what each audit source delivered.
 */
export function unheardServers(
  seen: readonly (readonly CanaryRun[])[],
  told: readonly CanaryRun[],
): CanarySilence[] {
  const heard = seen.flat().filter(isOf('seen'));
  return [
    ...Map.groupBy(told.filter(isOf('written')), ({ writer, server }) => `${writer} ${server}`),
  ].flatMap(([, written]): CanarySilence[] => {
    const [{ writer, server }] = written as [CanaryRun];
    const ofWriter = heard.filter((run) => run.writer === writer);
    if (ofWriter.length === 0 || ofWriter.some((run) => run.server === server)) return [];
    const start = firstOverdue(
      written,
      -1,
      told.filter((run) => run.writer === writer),
    );
    if (start === undefined) return [];
    const absent = absencesOf(new Set([server]), told);
    return gapsIn({ start, end: Infinity }, absent).map((left) => ({ server, ...left }));
  });
}

/**
 * Whether each API server that there was in the window is one of which a source is proven throughout it.
 *
 * @param seen what each audit source delivered.
 */
export function areAllServersProven(seen: readonly (readonly CanaryRun[])[], window: Window): boolean {
  const touching = seen
    .flat()
    .filter(isOf('seen'))
    .filter(({ first, last }) => first < window.end && window.start <= last);
  return [...Map.groupBy(touching, ({ writer }) => writer)].some(([writer, runs]) => {
    const proven = new Set(
      seen.flatMap((ofSource) =>
        [...Map.groupBy(ofSource.filter(isOf('seen', writer)), ({ server }) => server)]
          .filter(([, own]) => gapsIn(window, joined(stretchesOf(own))).length === 0)
          .map(([server]) => server),
      ),
    );
    const servers = new Set(runs.map(({ server }) => server));
    return proven.size >= Math.max(servers.size, ...runs.map((run) => run.servers));
  });
}
