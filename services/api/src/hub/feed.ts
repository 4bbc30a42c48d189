import type { Clusters } from '@margay/api-contract';
import { formatInstant, MINUTE, type Instant } from '@margay/ground';
import { shownText } from '@margay/runtime';
import type { Mirror, MirrorStanding } from '@margay/storage';
import type { KeptIn } from './cells.ts';

/** How a hub stands to the cell of a cluster. */
export type Feed = NonNullable<NonNullable<Clusters['items'][number]['told']>['feed']>;

/** Cells tell each minute. The alert MargayCellAway fires by then, too. */
export const AWAY_AFTER = 10 * MINUTE;

/** So many ranges are said in words. */
const RANGES_SAID = 5;

/** @param now by the clock. */
export async function feedOf(mirror: Mirror, { cell, api, uid }: KeptIn, now: Instant): Promise<Feed> {
  const told = await mirror.uid();
  const isOther = uid !== undefined && told !== undefined && told !== uid;
  const standing = await mirror.standing();
  const { heard, told: logged, missing } = standing;
  const state = stateOf(standing, now);
  const words = [...(isOther ? [otherWords(told, uid)] : []), wordsOf(standing, state)].join(' ');
  return {
    cell,
    api,
    heard: heard === undefined ? null : formatInstant(heard),
    state,
    logged,
    missing: missing.map(({ from, to }) => ({ from, to })),
    words,
  };
}

const otherWords = (told: string, given: string): string =>
  `What is here is of a cluster whose kube-system has the uid ${shownText(told)}, and HUB_CELLS says ${given}: nothing more of either is taken. Say the right one there; where what is here is of the wrong one, stop the hub, remove the folder of the cluster in HUB_DIRECTORY, start it, and have the cell tell all again with margay tell-hubs.`;

function stateOf({ heard, forked, wentBackTo }: MirrorStanding, now: Instant): Feed['state'] {
  if (forked !== undefined || wentBackTo !== undefined) return 'another log';
  if (heard === undefined) return 'never heard';
  return heard < now - AWAY_AFTER ? 'away' : 'heard';
}

function wordsOf(standing: MirrorStanding, state: Feed['state']): string {
  const { told, missingEntries, forked, wentBackTo } = standing;
  const words: string[] = [];
  if (forked !== undefined) words.push(forked);
  else if (wentBackTo !== undefined)
    words.push(
      `The log of reports had ${told} entries, and has ${wentBackTo}: an older state of the cell was restored, or somebody rewrote it.`,
    );
  if (state !== 'heard') words.push(...heardWords(standing, state));
  if (missingEntries > 0) words.push(missingWords(standing));
  return words.join(' ') || 'All that it told of is here.';
}

/** When it was heard, and why it may not have been. */
function heardWords({ heard, ahead, told }: MirrorStanding, state: Feed['state']): string[] {
  if (state === 'another log' && heard !== undefined) return [];
  const clock =
    ahead === undefined ? [] : [`Its clock is ahead of this hub’s: it said ${formatInstant(ahead)}.`];
  if (heard !== undefined) return [`Nothing was heard of it since ${formatInstant(heard)}.`, ...clock];
  if (told === 0 || clock.length > 0) return ['Nothing was heard of it yet.', ...clock];
  // Its reports show no time by which it is seen to be there: whoever kept them can tell them again.
  return [
    'It told of its log of reports, and not yet that its workers are there: they say so each minute, and those of older releases never do.',
  ];
}

function missingWords({ missing, missingEntries }: MirrorStanding): string {
  const said = missing
    .slice(0, RANGES_SAID)
    .map(({ from, to }) => (from === to ? String(from) : `${from} to ${to}`));
  const [first] = missing;
  if (missingEntries === 1) return `Entry ${first!.from} of its log of reports has not come.`;
  const more = missing.length > RANGES_SAID ? ` and more, ${missingEntries} in all,` : '';
  return `Entries ${said.join(', ')}${more} of its log of reports have not come.`;
}
