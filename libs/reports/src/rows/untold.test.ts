import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { markOf, type CoverageMark, type Read } from '@margay/coverage';
import { kindOf, resourceName, SECOND, sortedOnce, type Window } from '@margay/ground';
import {
  birthOf,
  memoryHistory,
  readLine,
  type Change,
  type PolicyEvent,
  type Reading,
} from '@margay/history';
import { describe, expect, test } from 'vitest';
import { computeReport, reportInput, type Report } from '../index.ts';

const log = new URL('../../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(log)).toString('utf8').split('\n').filter(Boolean);
interface Event {
  readonly verb: string;
  readonly level: string;
  readonly responseStatus: { readonly code: number };
  readonly objectRef: { readonly name?: string; readonly resource: string; readonly subresource?: string };
  readonly responseObject?: object;
}
const events = lines.map((line) => JSON.parse(line) as Event);
/** What each line of the log tells. */
const told = lines.map((line, position) => readLine(line, { source: 'audit', position }));
const changesIn = (readings: readonly Reading[]): readonly Change[] =>
  readings.flatMap((reading) => ('changes' in reading ? (reading.changes ?? []) : []));
const all = told.flatMap(changesIn);
const BIRTH = birthOf(all)!;
const END = Math.max(...all.map(({ at }) => at)) + SECOND;
const WHOLE: Window = { start: BIRTH, end: END };

const isPolicy = (change: Change) => kindOf(change)?.role === 'policy' || kindOf(change)?.role === 'tier';

/** The log as a watch of the policies would have told it: each version and each end a moment after its event, by nobody. */
const seen: Change[] = all
  .filter((change) => isPolicy(change) && (change.what === 'present' || change.what === 'gone'))
  .map(({ actor: _, generation: __, basedOn: ___, ...change }) => {
    const source = `watch/${resourceName(change)}`;
    const id = `${source}/${change.uid}/${change.resourceVersion ?? 'gone'}`;
    const at = change.at + 20_000;
    return {
      ...change,
      id,
      eventId: id,
      at,
      receivedAt: change.at - SECOND,
      origin: { source, position: at },
    };
  });
const KINDS = sortedOnce(seen.map(({ origin: { source } }) => source));

/** Watches that were there all the time. */
const watching: CoverageMark[] = KINDS.map((source) => {
  const times = [BIRTH, ...seen.filter(({ origin }) => origin.source === source).map(({ at }) => at), END];
  const reads = times.map((at, position): Read => ({
    position,
    reading: { kind: 'ignored', at, reason: 'bookmark' },
  }));
  return markOf(source, 0, reads.length, reads);
});

/** A report over what of the log is left, beside whole watches. */
function reportOver(
  left: readonly (readonly Reading[])[],
  { reportType = 'policy-audit', window = WHOLE, watches = true, writes = seen } = {},
): Report {
  const history = memoryHistory();
  history.add(left.flatMap(changesIn));
  if (watches) history.add(writes);
  const reads = left.flatMap((readings, position) =>
    readings.map((reading): Read => ({ position, reading })),
  );
  return computeReport(
    reportInput(
      { name: 'r', spec: { reportType }, cluster: '', window },
      {
        versions: history.versions(),
        policyEvents: left
          .flat()
          .flatMap((reading): readonly PolicyEvent[] =>
            'policyEvent' in reading && reading.policyEvent !== undefined ? [reading.policyEvent] : [],
          ),
        flows: [],
        marks: [markOf('audit', 0, reads.length, reads), ...(watches ? watching : [])],
        repeats: [],
        birth: BIRTH,
      },
    ),
  );
}
const untoldIn = ({ evidence }: Report) => evidence.doubts.listed.filter(({ reason }) => reason === 'untold');

/** Contents and ends of policies, whoever made them. */
const contentsOf = (changes: readonly Change[]): string => {
  const history = memoryHistory();
  history.add(changes.filter((change) => kindOf(change)?.role === 'policy'));
  return JSON.stringify(
    history.versions().map(({ uid, content, endedBy, validTo }) => [uid, content, endedBy, validTo]),
  );
};
const CONTENTS = contentsOf(all);

/** Lines with a write of a policy that changed something that is read of it. */
const writes = told.flatMap((readings, i) =>
  changesIn(readings).some((change) => kindOf(change)?.role === 'policy') &&
  contentsOf(told.filter((_, other) => other !== i).flatMap(changesIn)) !== CONTENTS
    ? [i]
    : [],
);

test('where the audit log is whole, nothing is untold, with watches and without', () => {
  for (const reportType of ['policy-audit', 'inventory', 'protection-audit'])
    for (const watches of [true, false]) {
      const report = reportOver(told, { reportType, watches });
      expect([reportType, watches, report.evidence.doubts.listed, report.evidence.sources?.reasons]).toEqual([
        reportType,
        watches,
        [],
        [],
      ]);
      expect(report.evidence.sources).toMatchObject({ complete: true });
    }
});

test('wherever a window lies, nothing of a whole log is untold in it', () => {
  const step = Math.floor((END - BIRTH) / 40);
  for (let start = BIRTH; start < END; start += step)
    expect(untoldIn(reportOver(told, { window: { start, end: start + step } }))).toEqual([]);
});

test('whichever single write of a policy the log lacks, policy-audit is not complete, and no audit log counts as whole', () => {
  expect(writes.length).toBeGreaterThan(80);
  // Each third of them, which are of every kind: all take a minute.
  const some = writes.filter((_, i) => i % 3 === 0);
  const unnoticed = some.filter((lost) => {
    const { sources, doubts } = reportOver(told.filter((_, i) => i !== lost)).evidence;
    const audit = sources!.sources.find(({ source }) => source === 'audit');
    return sources!.complete || sources!.grade !== 'gaps' || audit?.grade !== 'gaps' || doubts.total === 0;
  });
  expect(unnoticed.map((i) => [i, events[i]!.verb, events[i]!.objectRef])).toEqual([]);
});

describe('what a log tells otherwise is told', () => {
  const without = (keep: (event: Event) => object | undefined) =>
    lines.map((line, position) => {
      const event = keep(events[position]!);
      if (event === undefined) return [];
      return event === events[position]
        ? told[position]!
        : [...readLine(JSON.stringify(event), { source: 'audit', position })];
    });
  const isOf = (resource: string) => (event: Event) => event.objectRef.resource === resource;

  test('without bodies, by time', () => {
    const left = without((event) => ({
      ...event,
      level: 'Metadata',
      requestObject: undefined,
      responseObject: undefined,
    }));
    expect(untoldIn(reportOver(left))).toEqual([]);
  });

  test('where the watch tells what it saw two seconds later, or by a clock that is set back', () => {
    for (const by of [2 * SECOND, -2 * SECOND]) {
      const later = seen.map((change) => ({
        ...change,
        at: change.at + by,
        receivedAt: change.receivedAt + by,
      }));
      expect(untoldIn(reportOver(told, { writes: later }))).toEqual([]);
    }
  });

  test('a kind that the audit policy leaves out makes no log one with gaps, and still nobody knows who wrote it', () => {
    const isLeftOut = isOf('stagednetworkpolicies');
    const report = reportOver(without((event) => (isLeftOut(event) ? undefined : event)));
    expect(report.evidence.sources).toMatchObject({ grade: 'no gap seen', complete: false });
    const about = new Set(untoldIn(report).map((doubt) => doubt.about.split('(')[0]));
    expect(about).toEqual(new Set(['StagedNetworkPolicy']));
    expect(untoldIn(report)[0]).toMatchObject({
      message: expect.stringMatching(
        /^StagedNetworkPolicy\(.*\) was made at .*, as a watch saw, and no audit event tells by whom: it is missing from the audit logs, or their audit policy leaves it out\.$/,
      ),
    });
  });

  test('reports that do not list who did what rest on the watch', () => {
    const report = reportOver(
      told.filter((_, i) => i !== writes[3]),
      { reportType: 'inventory' },
    );
    expect(untoldIn(report)).toEqual([]);
  });

  test('of a log that begins later its gap speaks', () => {
    const from = BIRTH + Math.floor((END - BIRTH) / 2);
    const left = told.filter((readings) => readings.every(({ at = 0 }) => at >= from));
    const report = reportOver(left);
    expect(report.evidence.sources).toMatchObject({ complete: false });
    expect(untoldIn(report)).toEqual([]);
  });
});
