import { reportWindows, WORKER_GROUP, type ReportWindow } from '@margay/contracts';
import { type Instant, MINUTE, SECOND } from '@margay/ground';
import { messagesBetween, type Bus, type Places } from '@margay/messaging';
import type { WindowsIn } from './windows-in.ts';

/** What is remembered of a window that is neither completed nor failed. */
export interface Handed {
  /** Its message, if there is one, stands before this. */
  readonly behind: Places;
  /** Since when the workers are known to have passed that place: then its message is gone. */
  readonly passedSince?: Instant;
}

/** The topic of windows as it is now. */
export interface TopicNow {
  readonly ends: Places;
  /** How far the workers have come. */
  readonly positions: Places;
  readonly now: Instant;
}

/** For so long what a worker did last may be on its way. */
const GRACE = MINUTE;
/** Windows are computed for longer than this; nobody need look more often. */
const LOOK_INTERVAL = 10 * SECOND;

/**
 * Decides whether a window is lost: its message is gone, and yet it was not finished. A worker lets go of a message when it is done with
 * the window, so that nobody works on one whose message the workers have passed. That happens to a window whose worker or topic ended
 * in the wrong moment, that was never published, and that was refused because it was not over.
 *
 * All times are by the clock of the one who asks, so that clocks that differ do no harm.
 *
 * @returns what to remember; undefined where the window is lost.
 */
export function handedNow(known: Handed | undefined, { ends, positions, now }: TopicNow): Handed | undefined {
  if (known === undefined) return { behind: ends };
  // A topic that was made anew ends before the place: what is on it now came later.
  const behind = new Map(
    [...known.behind].map(([partition, place]) => {
      const end = ends.get(partition) ?? 0n;
      return [partition, place < end ? place : end];
    }),
  );
  if (messagesBetween(positions, behind) > 0) return { behind };
  const { passedSince = now } = known;
  if (now - passedSince >= GRACE) return undefined;
  return { behind, passedSince: Math.min(passedSince, now) };
}

/** Finds the windows that are lost. */
export interface LostWindows {
  /**
   * Those that are lost at `now`, each once: they are to be handed to the workers again. Windows that are not over are left for
   * later, and those that wait on the topic are left there, however long that takes.
   */
  find(now: Instant): Promise<ReportWindow[]>;
}

export function lostWindows(bus: Bus, windowsIn: WindowsIn): LostWindows {
  const handed = new Map<string, Handed>();
  let found: ReadonlySet<string> = new Set();
  let lookedAt = -Infinity;
  return {
    async find(now) {
      // A clock that was put back must not end the looking.
      if (lookedAt <= now && now < lookedAt + LOOK_INTERVAL) return [];
      lookedAt = now;
      const active = await windowsIn(['emitted', 'running']);
      const ids = new Set(active.map(({ window }) => window.id));
      for (const id of handed.keys()) if (!ids.has(id)) handed.delete(id);
      const foundBefore = found;
      found = ids;
      if (active.length === 0) return [];
      const positions = await bus.positions(reportWindows.name, WORKER_GROUP);
      const topic = { positions, ends: await bus.ends(reportWindows.name), now };
      return active
        .map(({ window }) => window)
        .filter(({ id, end }) => {
          // Whoever emitted it publishes it after that: only then its message stands before the topic's end.
          if (!foundBefore.has(id)) return false;
          const next = handedNow(handed.get(id), topic);
          if (next !== undefined) handed.set(id, next);
          else if (end <= now) handed.delete(id);
          return next === undefined && end <= now;
        });
    },
  };
}
