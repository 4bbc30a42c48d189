import { type CoverageMark, markOf, type Read } from '@margay/coverage';
import type { Instant, Window } from '@margay/ground';
import { birthOf, memoryHistory, readLine, type Change, type PolicyEvent } from '@margay/history';
import { computeReport, namesToAsk, type Report, reportInput, sightsToAsk } from '../index.ts';

/** What came by another way than the log, and the marks of that. */
export interface BesideLog {
  readonly changes: readonly Change[];
  readonly marks: readonly CoverageMark[];
}

interface ToldByLog {
  readonly changes: readonly (readonly Change[])[];
  readonly policyEvents: readonly PolicyEvent[];
  readonly reads: readonly Read[];
}

/** What a log tells is read once, however many reports are made of it: that takes longer than a report does. */
const told = new WeakMap<readonly string[], ToldByLog>();

function toldBy(log: readonly string[]): ToldByLog {
  const known = told.get(log);
  if (known !== undefined) return known;
  const readings = log.map((line, position) => readLine(line, { source: 'audit', position }));
  const reads = readings.flatMap((some, position) => some.map((reading): Read => ({ position, reading })));
  const changes = readings
    .flat()
    .map((reading): readonly Change[] => ('changes' in reading ? (reading.changes ?? []) : []));
  const policyEvents = readings
    .flat()
    .flatMap((reading): readonly PolicyEvent[] =>
      'policyEvent' in reading && reading.policyEvent !== undefined ? [reading.policyEvent] : [],
    );
  const all = { changes, policyEvents, reads };
  told.set(log, all);
  return all;
}

/** The report over a window from the lines of one log, all of which were read. @param log is not changed afterwards. @param each so many lines make a mark. */
export function reportOverLog(
  log: readonly string[],
  window: Window,
  reportType = 'network-access',
  each = Math.max(1, log.length),
  beside: BesideLog = { changes: [], marks: [] },
): Report {
  const history = memoryHistory();
  history.add(beside.changes);
  const { changes, policyEvents, reads } = toldBy(log);
  let birth: Instant | undefined = birthOf(beside.changes);
  for (const some of changes) {
    history.add(some);
    birth ??= birthOf(some);
  }
  const marks = Array.from({ length: Math.ceil(log.length / each) }, (_, i): CoverageMark => {
    const [from, to] = [i * each, Math.min(log.length, (i + 1) * each)];
    return markOf(
      'audit',
      from,
      to,
      reads.filter(({ position }) => from <= position && position < to),
    );
  });
  const input = reportInput(
    { name: 'r', spec: { reportType }, cluster: '', window },
    {
      versions: history.versions(),
      policyEvents,
      flows: [],
      marks: [...marks, ...beside.marks],
      repeats: [],
      ...(birth !== undefined && { birth }),
    },
  );
  const sights = sightsToAsk(input).map(
    (from) => [from, history.firstSights({ from, before: window.end })] as const,
  );
  const heardOf = history.told(namesToAsk(input), window.end);
  return computeReport({ ...input, sights: new Map(sights), told: heardOf });
}
