import {
  deliveriesOf,
  doubtsFor,
  evidenceFor,
  type CoverageMark,
  type Delivery,
  type Doubt,
  type Evidence,
  readInterval,
  worstOf,
} from '@margay/coverage';
import {
  formatInstant,
  gapsIn,
  type Instant,
  type Interval,
  joined,
  parseInstant,
  sortedOnce,
  type Window,
} from '@margay/ground';
import { printedAbout } from './doubts/wide-doubts.ts';
import type { ListedDoubt } from './evidence.ts';
import { isOfTraffic, isOfTrail } from './report-input.ts';
import type { ReportHeader } from './report.ts';

/** What sources have delivered by now, as far as a window is concerned. */
interface DeliveredByNow {
  readonly marks: readonly CoverageMark[];
  readonly deliveries?: readonly Delivery[];
  /** When the cluster was born, where the evidence holds it. */
  readonly birth?: Instant;
}

/**
 * What of an archived report's window is open by what sources have delivered since, and was not by what they had delivered then: a
 * log that stayed silent, a number that was left out, a list that shows that a watch missed something. Rows are not looked at, and
 * what is known better by now says nothing.
 *
 * @returns sentences, sorted; none where the report would say of its sources what it says.
 */
export function openedSince(header: ReportHeader, { marks, ...known }: DeliveredByNow): string[] {
  const then = header.evidence.sources as Partial<Evidence> | null;
  const window = windowOf(header);
  // Reports of older releases have no grade: nobody looked for gaps inside their sources.
  if (then?.grade === undefined || window === undefined) return [];
  const { reportSpec: spec, reportTypeSpec: typeSpec } = header;
  const asked = { spec, typeSpec };
  const { deliveries = deliveriesOf(marks, window.end), ...beside } = known;
  const delivered = { ...beside, deliveries };
  const ofTraffic = isOfTraffic(asked);
  const now = evidenceFor(marks, [], window, { ...delivered, ofTraffic, ofTrail: isOfTrail(asked) });
  const doubts = openedDoubts(header, doubtsFor(marks, window, delivered), window);
  const sources = [
    ...openedSources(then.sources ?? [], now.sources),
    ...(ofTraffic ? openedSources(then.flows?.sources ?? [], now.flows.sources) : []),
  ];
  const gaps = newIn(now.gaps, then.gaps ?? []);
  const isWorse = gaps.length > 0 || worstOf([then.grade, now.grade]) !== then.grade;
  if (doubts.length > 0 || sources.length > 0)
    return sortedOnce([
      ...doubts.map(({ message }) => message),
      ...sources
        .filter(({ opened }) => !doubts.some((doubt) => isWithin(opened, doubt)))
        .map(({ message }) => message),
    ]);
  if (then.complete === true && !now.complete && now.reasons.length > 0) return sortedOnce(now.reasons);
  return isWorse ? [`The grade of what the sources delivered is “${now.grade}”, not “${then.grade}”.`] : [];
}

/** Whether a doubt says already that a source did not tell of a time. */
const isWithin = ({ start, end }: Interval, { about, since, settledAt = Infinity }: Doubt): boolean =>
  about === 'everything' && since <= start && end <= settledAt;

const windowOf = ({ startTime, endTime }: ReportHeader): Window | undefined => {
  const [start, end] = [parseInstant(startTime), parseInstant(endTime)];
  return start === undefined || end === undefined ? undefined : { start, end };
};

/** Printed intervals, or what is like them. */
type Printed = Evidence['gaps'];

const read = (printed: Printed): Interval[] => joined(printed.map(readInterval));

/** Of intervals what is in none of those before. */
const newIn = (now: Printed, then: Printed): Interval[] =>
  read(now).flatMap((interval) => gapsIn(interval, read(then)));

type Source = Evidence['sources'][number] | Evidence['flows']['sources'][number];

/** When sources did not tell by what is known now, of those that the report has. */
function openedSources(then: readonly Source[], now: readonly Source[]) {
  const known = new Map(then.map(({ source, gaps }) => [source, gaps]));
  return now.flatMap(({ source, gaps }) => {
    const before = known.get(source);
    const opened = before === undefined ? [] : newIn(gaps, before);
    return opened.map((interval) => ({
      opened: interval,
      message: `${source} is not known to have told of the time from ${formatInstant(interval.start)} to ${formatInstant(interval.end)}.`,
    }));
  });
}

/** Doubts of which the report has none about the same time. */
function openedDoubts(
  { evidence: { doubts: then } }: ReportHeader,
  now: readonly Doubt[],
  window: Window,
): readonly Doubt[] {
  // Nobody knows what those are about that were not listed.
  if (then.total > then.listed.length) return [];
  const listed = Map.groupBy(then.listed, ({ about }) => about);
  const open = (about: string): Interval[] =>
    joined([...(listed.get(about) ?? []), ...(listed.get('everything') ?? [])].map(intervalOf));
  return now.filter(({ about, since, settledAt = Infinity, onlyTouchedIn }) => {
    const kind = about === 'everything' ? undefined : about;
    const over = onlyTouchedIn ?? { start: since, end: settledAt };
    const stretch = { start: Math.max(over.start, window.start), end: Math.min(over.end, window.end) };
    return (
      stretch.start < stretch.end && gapsIn(stretch, open(printedAbout(kind, kind?.namespace))).length > 0
    );
  });
}

const intervalOf = ({ since, until }: ListedDoubt): Interval => readInterval({ from: since, to: until });
