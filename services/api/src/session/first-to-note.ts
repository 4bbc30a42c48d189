import type { Stores } from '@margay/storage';
import { digestOf } from './seal.ts';

/** Notes that still count; of more the oldest are forgotten. */
const NOTES = { ofOwner: 5_000, inAll: 100_000 };

/** A note, which is kept as sessions are, and is nobody's. */
interface Note {
  /** What was done; it is kept as its digest. */
  readonly what: string;
  readonly now: number;
  /** Until when it counts, in microseconds as `now`. */
  readonly until: number;
}

/** Notes that something is done, or is being done. True for the first of all replicas who does, until the note counts no more. */
export async function firstToNote(
  sessions: Stores['sessions'],
  { what, now, until }: Note,
): Promise<boolean> {
  const digest = digestOf(what);
  const known = await sessions.get(digest);
  if (known !== undefined && known.endsAt > now) return false;
  if (known !== undefined) await sessions.end(digest);
  try {
    await sessions.begin(
      { digest, owner: '', sealed: '', startedAt: now, usedAt: now, endsAt: until },
      NOTES,
    );
    return true;
  } catch (error) {
    // Somebody else was faster.
    if ((await sessions.get(digest)) !== undefined) return false;
    throw error;
  }
}
