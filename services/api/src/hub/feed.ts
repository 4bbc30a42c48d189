import type { Clusters } from '@margay/api-contract';
import { formatInstant, MINUTE, type Instant } from '@margay/ground';
import type { EntryRange, Mirror, MirrorStanding } from '@margay/storage';
import type { KeptIn } from './cells.ts';

/** How a hub stands to the cell of a cluster. */
export type Feed = NonNullable<NonNullable<Clusters['items'][number]['told']>['feed']>;

/** Cells tell each minute. */
const AWAY_AFTER = 10 * MINUTE;

/** So many ranges are said in words. */
const RANGES_SAID = 5;

/** @param now by the clock. */
export async function feedOf(mirror: Mirror, { cell, api }: KeptIn, now: Instant): Promise<Feed> {
  const standing = await mirror.standing();
  const { heard, told, missing } = standing;
  const state = stateOf(standing, now);
  const words = wordsOf(standing, state);
  return {
    cell,
    api,
    heard: heard === undefined ? null : formatInstant(heard),
    state,
    logged: told,
    missing: missing.map(({ from, to }) => ({ from, to })),
    words,
  };
}

function stateOf({ heard, forked, wentBackTo }: MirrorStanding, now: Instant): Feed['state'] {
  if (forked !== undefined || wentBackTo !== undefined) return 'another log';
  if (heard === undefined) return 'never heard';
  return heard < now - AWAY_AFTER ? 'away' : 'heard';
}

function wordsOf({ heard, told, missing, forked, wentBackTo }: MirrorStanding, state: Feed['state']): string {
  const words: string[] = [];
  if (forked !== undefined) words.push(forked);
  else if (wentBackTo !== undefined)
    words.push(
      `The log of reports had ${told} entries, and has ${wentBackTo}: an older state of the cell was restored, or somebody rewrote it.`,
    );
  if (heard === undefined) words.push('Nothing was heard of it yet.');
  else if (state === 'away') words.push(`Nothing was heard of it since ${formatInstant(heard)}.`);
  if (missing.length > 0) words.push(missingWords(missing));
  return words.join(' ') || 'All that it told of is here.';
}

function missingWords(missing: readonly EntryRange[]): string {
  const said = missing
    .slice(0, RANGES_SAID)
    .map(({ from, to }) => (from === to ? String(from) : `${from} to ${to}`));
  const [first] = missing;
  if (missing.length === 1 && first!.from === first!.to)
    return `Entry ${first!.from} of its log of reports has not come.`;
  return `Entries ${said.join(', ')}${missing.length > RANGES_SAID ? ' and more' : ''} of its log of reports have not come.`;
}
