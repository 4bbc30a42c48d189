import { formatInstant, type Instant, type Window } from '@margay/ground';
import type { Doubt } from './doubt.ts';
import type { Stream } from './stream.ts';

/** What is open since the clock behind a log was set back. */
export const clockDoubts = ({ name, setBack }: Stream): Doubt[] =>
  setBack.map(({ start, end, until }) => ({
    id: `clock/${name}/${formatInstant(start)}/${formatInstant(until)}`,
    about: 'everything',
    since: start,
    until,
    onlyTouchedIn: { start, end },
    reason: 'clock',
    message: wordsOf(name, start, Math.min(end, until)),
    source: name,
  }));

const wordsOf = (source: string, from: Instant, to: Instant): string =>
  `The times that ${source} tells go back, as where a clock is set back: the time from ${formatInstant(from)} to ${formatInstant(to)} was told twice, and what came first in it is not known.`;

/** Whether a doubt is about a time of the window itself, and not only about what was touched at another. */
export const isOfWindow = ({ onlyTouchedIn }: Doubt, { start, end }: Window): boolean =>
  onlyTouchedIn === undefined || (onlyTouchedIn.start < end && start < onlyTouchedIn.end);
