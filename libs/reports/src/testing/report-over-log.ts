import { type CoverageMark, markOf, type Read } from '@margay/coverage';
import type { Instant, Window } from '@margay/ground';
import { birthOf, memoryHistory, readLine, type Change, type PolicyEvent } from '@margay/history';
import { computeReport, namesToAsk, type Report, reportInput, sightsToAsk } from '../index.ts';

/** What came by another way than the log, and the marks of that. */
export interface BesideLog {
  readonly changes: readonly Change[];
  readonly marks: readonly CoverageMark[];
}

/** The report over a window from the lines of one log, all of which were read. @param each so many lines make a mark. */
export function reportOverLog(
  log: readonly string[],
  window: Window,
  reportType = 'network-access',
  each = Math.max(1, log.length),
  beside: BesideLog = { changes: [], marks: [] },
): Report {
  const history = memoryHistory();
  history.add(beside.changes);
  const policyEvents: PolicyEvent[] = [];
  const reads: Read[] = [];
  let birth: Instant | undefined = birthOf(beside.changes);
  for (const [position, line] of log.entries()) {
    for (const reading of readLine(line, { source: 'audit', position })) {
      reads.push({ position, reading });
      const changes: readonly Change[] = 'changes' in reading ? (reading.changes ?? []) : [];
      history.add(changes);
      birth ??= birthOf(changes);
      if ('policyEvent' in reading && reading.policyEvent !== undefined)
        policyEvents.push(reading.policyEvent);
    }
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
  const told = history.told(namesToAsk(input), window.end);
  return computeReport({ ...input, sights: new Map(sights), told });
}
