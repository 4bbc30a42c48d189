import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR, parseInstant } from '@margay/ground';
import { newsOf } from './news.ts';
import { globalReportStatus, type GlobalReportStatus, type ReportRun, type StatusInput } from './status.ts';

const at = (text: string) => parseInstant(`2026-03-${text}Z`)!;

/** The run of the hour that ends then. */
const run = (hour: number, state: ReportRun['state'], more: Partial<ReportRun> = {}): ReportRun => ({
  start: at('01T00:00:00') + (hour - 1) * HOUR,
  end: at('01T00:00:00') + hour * HOUR,
  state,
  ...((state === 'failed' || state === 'succeeded') && { completedAt: at('01T00:31:07') + hour * HOUR + 5 }),
  ...more,
});

const status = (input: Partial<StatusInput>): GlobalReportStatus =>
  globalReportStatus({
    generation: 3,
    runs: [],
    now: at('02T00:00:00'),
    nextEnd: at('02T01:00:00'),
    ...input,
  });

const hours = (jobs: readonly { readonly end: string }[] = []) =>
  jobs.map(({ end }) => Number(end.slice(11, 13)));

test('a status holds what is documented, in the documented numbers', () => {
  const runs = [
    ...[1, 2, 3, 4].map((hour) => run(hour, 'failed')),
    ...[5, 6, 7].map((hour) => run(hour, 'succeeded')),
    ...[8, 9].map((hour) => run(hour, 'running')),
    ...[10, 11, 12, 13].map((hour) => run(hour, 'waiting')),
  ];
  const shown = status({ runs });
  expect(shown.lastScheduledReportJob?.end).toBe('2026-03-01T13:00:00Z');
  expect(hours(shown.activeReportJobs)).toEqual([8, 9, 10, 11, 12]);
  expect(hours(shown.lastFailedReportJobs)).toEqual([4, 3, 2]);
  expect(hours(shown.lastSuccessfulReportJobs)).toEqual([7, 6]);
  expect(shown.lastSuccessfulReportJobs?.[0]).toEqual({
    start: '2026-03-01T06:00:00Z',
    end: '2026-03-01T07:00:00Z',
    job: {},
    jobCompletionTime: '2026-03-01T07:31:07Z',
  });
});

test('a run by hand is nowhere in the status', () => {
  expect(
    status({ runs: [run(1, 'succeeded', { manual: true }), run(2, 'running', { manual: true })] }),
  ).toEqual(status({}));
});

test('a Job is named where there is one', () => {
  const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'weekly-1', namespace: 'margay', uid: 'u' };
  expect(status({ runs: [run(1, 'running', { job })] }).activeReportJobs?.[0]?.job).toEqual(job);
});

test('a report that chooses its nodes says whether these count, and none else does', () => {
  const found = (of: ReturnType<typeof status>) =>
    of.conditions
      ?.filter(({ type }) => type === 'OnChosenNodes')
      .map(({ status: is, reason }) => [is, reason]);
  const ignored = status({ onChosenNodes: false });
  // It is made all the same, so that nothing else of the report is other than without a selector.
  expect(ignored.conditions?.filter(({ type }) => type !== 'OnChosenNodes')).toEqual(status({}).conditions);
  expect(found(ignored)).toEqual([['False', 'NoJobs']]);
  expect(newsOf(undefined, ignored)).toMatchObject([
    { type: 'Warning', message: expect.stringContaining('spec.jobNodeSelector is without effect') },
  ]);
  expect(newsOf(ignored, status({ onChosenNodes: false, before: ignored }))).toEqual([]);
  // Later it is said as it was: nothing to write.
  const later = status({ onChosenNodes: false, before: ignored, now: at('02T00:00:05') });
  expect(later).toEqual(ignored);
  expect(found(status({ onChosenNodes: true, before: ignored }))).toEqual([['True', 'ByJob']]);
  expect(found(status({ before: ignored }))).toEqual([]);
});

test('the newest run stays known when its record is not there any more', () => {
  const before = status({ runs: [run(9, 'succeeded')] });
  expect(status({ runs: [run(2, 'failed')], before }).lastScheduledReportJob?.end).toBe(
    '2026-03-01T09:00:00Z',
  );
  expect(status({ runs: [run(12, 'failed')], before }).lastScheduledReportJob?.end).toBe(
    '2026-03-01T12:00:00Z',
  );
});

test.each([
  ['scheduled', {}, 'Schedulable', 'True', 'Scheduled'],
  ['suspended', { suspended: true }, 'Schedulable', 'True', 'Suspended'],
  [
    'a problem',
    { problem: { reason: 'InvalidSchedule', message: 'why' } },
    'Schedulable',
    'False',
    'InvalidSchedule',
  ],
  ['nothing ended yet', { runs: [run(1, 'running')] }, 'LastReportSucceeded', 'Unknown', 'NoReportYet'],
  [
    'it succeeded',
    { runs: [run(1, 'failed'), run(2, 'succeeded')] },
    'LastReportSucceeded',
    'True',
    'Succeeded',
  ],
  ['it failed', { runs: [run(1, 'succeeded'), run(2, 'failed')] }, 'LastReportSucceeded', 'False', 'Failed'],
  ['ready', {}, 'Ready', 'True', 'Scheduled'],
  ['ready, as nothing ended yet', { runs: [run(1, 'running')] }, 'Ready', 'True', 'Scheduled'],
  ['ready, as it is meant to stand still', { suspended: true }, 'Ready', 'True', 'Suspended'],
  [
    'not ready, as something is in the way',
    { problem: { reason: 'InvalidSchedule', message: 'why' }, runs: [run(1, 'succeeded')] },
    'Ready',
    'False',
    'InvalidSchedule',
  ],
  ['not ready, as the newest failed', { runs: [run(2, 'failed')] }, 'Ready', 'False', 'LastReportFailed'],
] as const)('conditions: %s', (_, input, type, expected, reason) => {
  const condition = status(input).conditions?.find((one) => one.type === type);
  expect(condition).toMatchObject({ status: expected, reason, observedGeneration: 3 });
  expect(condition?.message).not.toBe('');
});

test('no next report is named while none will be begun', () => {
  expect(status({})).toHaveProperty('nextReportTime');
  expect(status({ suspended: true })).not.toHaveProperty('nextReportTime');
});

test('a report without a schedule is run by hand only', () => {
  const shown = globalReportStatus({ generation: 1, runs: [], now: at('02T00:00:00') });
  expect(shown.conditions?.[0]).toMatchObject({ type: 'Schedulable', status: 'True', reason: 'ByHandOnly' });
  expect(shown).not.toHaveProperty('nextReportTime');
});

test('the time of transition moves with the status only, and conditions of others stay', () => {
  const problem = { reason: 'InvalidSchedule', message: 'why' };
  const other = {
    type: 'Other',
    status: 'True' as const,
    reason: 'R',
    message: 'm',
    lastTransitionTime: 'then',
  };
  const first = status({ problem, before: { conditions: [other] } });
  const same = status({
    problem: { ...problem, message: 'another' },
    before: first,
    now: at('03T00:00:00'),
    generation: 4,
  });
  expect(same.conditions?.[0]).toMatchObject({
    lastTransitionTime: '2026-03-02T00:00:00Z',
    message: 'another',
    observedGeneration: 4,
  });
  const well = status({ before: same, now: at('04T00:00:00') });
  expect(well.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
    '2026-03-04T00:00:00Z',
    '2026-03-02T00:00:00Z',
    '2026-03-04T00:00:00Z',
    'then',
  ]);
});

test('the order of runs never matters, and writing a status again changes nothing', () => {
  const state = fc.constantFrom('waiting', 'running', 'failed', 'succeeded') as fc.Arbitrary<
    ReportRun['state']
  >;
  const runs = fc.array(state, { maxLength: 20 }).map((states) => states.map((one, hour) => run(hour, one)));
  fc.assert(
    fc.property(
      runs.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const first = status({ runs: all });
        expect(status({ runs: shuffled, before: first, now: at('09T00:00:00') })).toEqual(first);
      },
    ),
  );
});

const NONE = { complete: 0, withGaps: 0, failed: 0, missing: 0, notYet: 0 };

test.each([
  ['running', { complete: 2, notYet: 1 }, 'Unknown Running', '2/3'],
  ['failed', { complete: 2, failed: 1 }, 'False Failed', '2/3'],
  ['with gaps', { complete: 2, withGaps: 1 }, 'False WithGaps', '3/3'],
  ['complete', { complete: 3 }, 'True Complete', '3/3'],
] as const)('a report over many clusters whose newest run is %s', (state, counts, said, reported) => {
  const newest = {
    ...run(5, 'running'),
    state,
    counts: { ...NONE, clusters: 3, ...counts },
    words: 'Of 3: so many',
  };
  const shown = status({ clusters: { chosen: 4, newest } });
  expect(shown.clusters).toEqual({ ...NONE, chosen: 4, reported, ...counts });
  const [condition] = shown.conditions!.filter(({ type }) => type === 'ClustersReported');
  expect(`${condition!.status} ${condition!.reason}`).toBe(said);
  expect(condition!.message).toBe('Of 3: so many, from 2026-03-01T04:00:00Z to 2026-03-01T05:00:00Z.');
  const gaps = newsOf(status({}), shown).filter(({ reason }) => reason === 'WithGaps');
  expect(gaps).toHaveLength(state === 'with gaps' ? 1 : 0);
  expect(newsOf(shown, shown)).toEqual([]);
});

test('one before its first run says how many clusters it chooses; one that is not about any says nothing of them', () => {
  expect(status({ clusters: { chosen: 2 } }).clusters).toEqual({ chosen: 2 });
  const before = status({ clusters: { chosen: 2 } });
  expect(JSON.stringify(status({ before }))).not.toContain('lusters');
});
