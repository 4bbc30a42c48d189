import { HOUR, MINUTE, SECOND } from '@margay/ground';
import type { Reading } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { doubtsFor, evidenceFor, fileSource, flowSource, markOf, type CoverageMark } from './index.ts';

const at = (instant: number): Reading => ({ kind: 'ignored', at: instant, reason: 'out-of-kind' });
const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };

const IDENTITY = '0123456789abcdef';

/** A log of the name, with an event at each of the times and a line that nobody can read for each `undefined`. */
const log = (name: string, times: readonly (number | undefined)[], identity = IDENTITY): CoverageMark =>
  markOf(
    fileSource(name, identity),
    1,
    times.length + 1,
    times.map((time, i) => ({ position: i + 1, reading: time === undefined ? broken : at(time) })),
  );

/** Instants from one to another, so far apart. */
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

const BORN = { birth: 0 };
const names = ({ sources }: ReturnType<typeof evidenceFor>) => sources.map(({ source }) => source);

describe('silence against a source’s own rhythm', () => {
  const minutes = (...gaps: readonly (readonly [number, number])[]) =>
    every(MINUTE, 0, 10 * HOUR).filter((time) => !gaps.some(([from, to]) => from < time && time < to));
  const window = { start: HOUR, end: 9 * HOUR };

  test.each([
    ['an event each minute', minutes(), window, 'no gap seen', []],
    ['six hours of silence', minutes([2 * HOUR, 8 * HOUR]), window, 'gaps', [[2 * HOUR, 8 * HOUR]]],
    [
      'ten minutes',
      minutes([2 * HOUR, 2 * HOUR + 10 * MINUTE]),
      window,
      'gaps',
      [[2 * HOUR, 2 * HOUR + 10 * MINUTE]],
    ],
    ['three', minutes([2 * HOUR, 2 * HOUR + 3 * MINUTE]), window, 'no gap seen', []],
    [
      'two holes',
      minutes([2 * HOUR, 4 * HOUR], [6 * HOUR, 7 * HOUR]),
      window,
      'gaps',
      [
        [2 * HOUR, 4 * HOUR],
        [6 * HOUR, 7 * HOUR],
      ],
    ],
    [
      'an event a day',
      every(24 * HOUR, 0, 960 * HOUR),
      { start: 700 * HOUR, end: 710 * HOUR },
      'no gap seen',
      [],
    ],
    [
      'a burst, and an hour later one more',
      [...every(SECOND, 0, 3 * SECOND), HOUR],
      { start: 0, end: HOUR },
      'gaps',
      [[3 * SECOND, HOUR]],
    ],
    [
      'few events, ten minutes apart',
      [0, SECOND, 10 * MINUTE, 11 * MINUTE],
      { start: 0, end: 11 * MINUTE },
      'no gap seen',
      [],
    ],
    [
      'an event a second, and half a minute of silence',
      every(SECOND, 0, HOUR).filter((t) => t < 600 * SECOND || t > 660 * SECOND),
      { start: 0, end: HOUR },
      'gaps',
      [[599 * SECOND, 661 * SECOND]],
    ],
    [
      'the end within what the rhythm allows',
      minutes(),
      { start: 0, end: 10 * HOUR + 2 * MINUTE },
      'no gap seen',
      [],
    ],
    ['the end beyond it', minutes(), { start: 0, end: 11 * HOUR }, 'gaps', [[10 * HOUR, undefined]]],
    [
      'few events, and a minute of silence at the end',
      [0, SECOND],
      { start: 0, end: MINUTE },
      'gaps',
      [[SECOND, undefined]],
    ],
  ] as const)('%s', (_, times, of, grade, gaps) => {
    const marks = [log('audit.log', times)];
    expect(evidenceFor(marks, [], of, BORN).grade).toBe(grade);
    expect(doubtsFor(marks, of, BORN).map(({ since, until }) => [since, until])).toEqual(
      gaps.map(([from, to]) => [from + 1, to]),
    );
  });

  test('a gap long ago is open until something settles it', () => {
    const marks = [log('audit.log', minutes([2 * HOUR, 4 * HOUR]))];
    const later = { start: 8 * HOUR, end: 9 * HOUR };
    expect(evidenceFor(marks, [], later, BORN)).toMatchObject({
      grade: 'no gap seen',
      gaps: [],
      complete: false,
    });
    const listings = [{ group: '', resource: 'pods', at: 5 * HOUR }];
    const open = doubtsFor(marks, later, { ...BORN, listings }).map(({ about }) => about);
    expect(open).toContainEqual({ group: '', resource: 'namespaces' });
    expect(open).not.toContainEqual({ group: '', resource: 'pods' });
  });

  test('the longest silence of the window is told, and what is allowed', () => {
    const [source] = evidenceFor(
      [log('audit.log', minutes([2 * HOUR, 2 * HOUR + 3 * MINUTE]))],
      [],
      window,
      BORN,
    ).sources;
    expect(source).toMatchObject({
      longestSilence: { from: '1970-01-01T02:00:00Z', to: '1970-01-01T02:03:00Z', seconds: 180 },
      allowedSilence: 256,
    });
  });
});

describe('of few lines', () => {
  const window = { start: 5 * MINUTE, end: 35 * MINUTE };
  const hole = (times: readonly number[]) =>
    times.filter((time) => time <= 12 * MINUTE || 19 * MINUTE <= time);

  test.each([
    ['ticks of a minute leave no room for seven', hole(every(MINUTE, 0, 40 * MINUTE)), 'gaps'],
    ['ticks of a minute, all of them', every(MINUTE, 0, 40 * MINUTE), 'no gap seen'],
    ['fewer than twenty do not tick', hole(every(MINUTE, 0, 25 * MINUTE)), 'no gap seen'],
    [
      'what comes now soon, now late, does not tick',
      hole(every(MINUTE, 0, 40 * MINUTE)).map((time, i) => time + (i % 3 === 0 ? 45 * SECOND : 0)),
      'no gap seen',
    ],
  ])('%s', (_, times, grade) => {
    const end = Math.min(window.end, times.at(-1)!);
    expect(evidenceFor([log('audit.log', times)], [], { ...window, end }, BORN).grade).toBe(grade);
  });
});

describe('what delivers as one', () => {
  const [a, b, whole] = [every(MINUTE, 0, HOUR), every(MINUTE, HOUR + 30 * SECOND, 2 * HOUR), [] as number[]];
  whole.push(...a, ...b);
  const window = { start: 0, end: 2 * HOUR };

  test.each([
    ['audit-1970-01-01T01-00-00.000.log', 'audit.log'],
    ['audit-1970-01-01T01-00-00.000.log.gz', 'audit.log'],
    ['audit.log.1', 'audit.log'],
    ['audit.log-19700101.gz', 'audit.log'],
    ['audit-1.log', 'audit-2.log'],
  ])('%s is rotated to %s: the evidence of the whole log', (old, current) => {
    const rotated = [log(current, b, 'ffffffffffffffff'), log(old, a)];
    const { sources, ...rest } = evidenceFor(rotated, [], window, BORN);
    const { sources: one, ...same } = evidenceFor([log('audit.log', whole)], [], window, BORN);
    expect(rest).toEqual(same);
    expect(sources).toEqual(one);
  });

  test('a rotated log whose middle file is lost has a gap', () => {
    const { grade, gaps } = evidenceFor(
      [
        log('audit.log.1', every(MINUTE, 0, HOUR)),
        log('audit.log', every(MINUTE, 2 * HOUR, 3 * HOUR), 'ffffffffffffffff'),
      ],
      [],
      { start: 0, end: 3 * HOUR },
      BORN,
    );
    expect(grade).toBe('gaps');
    expect(gaps).toEqual([{ from: '1970-01-01T01:00:00.000001Z', to: '1970-01-01T02:00:00Z' }]);
  });

  test.each([
    ['names of their own', 'one.log', 'other.log'],
    ['numbers', 'kube-1.log', 'kube-2.log'],
    ['one name', 'audit.log', 'audit.log'],
  ])('two API servers are two sources, of which none hides what the other lost: %s', (_, one, other) => {
    const marks = [log(one, every(MINUTE, 0, 2 * HOUR)), log(other, a, 'ffffffffffffffff')];
    const evidence = evidenceFor(marks, [], window, BORN);
    expect(names(evidence)).toHaveLength(2);
    expect(new Set(names(evidence)).size).toBe(2);
    expect(evidence.sources.map(({ grade }) => grade).sort()).toEqual(['gaps', 'no gap seen']);
    expect(evidence.grade).toBe('gaps');
    expect(evidence.gaps).toEqual([{ from: '1970-01-01T01:00:00.000001Z', to: '1970-01-01T02:00:00Z' }]);
  });
});

describe('a log that ends near the end of the window', () => {
  const ended = log('ended.log', every(MINUTE, 0, 10 * HOUR), 'ffffffffffffffff');
  const window = { start: 0, end: 10 * HOUR + 2 * MINUTE };

  test.each([
    ['nothing says how long it is silent', 10 * HOUR + MINUTE, 'no gap seen', []],
    ['another source went on for as long as it may be silent', 10 * HOUR + 4 * MINUTE, 'no gap seen', []],
    ['another went on for longer', 10 * HOUR + 5 * MINUTE, 'gaps', [10 * HOUR + 1]],
  ] as const)('%s', (_, until, grade, since) => {
    const marks = [ended, log('other.log', every(MINUTE, 0, until))];
    expect(evidenceFor(marks, [], window, BORN).grade).toBe(grade);
    expect(doubtsFor(marks, window, BORN).map((doubt) => doubt.since)).toEqual(since);
  });
});

describe('the beginning', () => {
  const marks = [log('audit.log', every(MINUTE, HOUR, 2 * HOUR))];
  const window = { start: HOUR, end: 2 * HOUR };

  test('what was before the log is in doubt for ever, where it does not hold the cluster’s birth', () => {
    expect(doubtsFor(marks, window)).toMatchObject([
      { about: 'everything', reason: 'beginning', since: -Infinity, until: HOUR },
    ]);
    expect(evidenceFor(marks, [], window).complete).toBe(false);
  });

  test('before its birth there was nothing to tell', () => {
    const birth = HOUR + 2 * SECOND;
    expect(doubtsFor(marks, { start: 0, end: 2 * HOUR }, { birth })).toEqual([]);
    expect(evidenceFor(marks, [], { start: 0, end: 2 * HOUR }, { birth })).toMatchObject({
      complete: true,
      gaps: [],
    });
  });
});

describe('a list of a kind', () => {
  const marks = [log('audit.log', every(MINUTE, HOUR, 2 * HOUR))];
  const window = { start: HOUR, end: 2 * HOUR };
  const pods = { group: '', resource: 'pods' };
  const open = (at: number) =>
    doubtsFor(marks, window, { listings: [{ ...pods, at }] })
      .filter(({ about }) => about !== 'everything' && about.resource === 'pods')
      .map(({ since, until, settledAt }) => [since, until, settledAt]);

  test.each([
    ['just before the log', HOUR - SECOND, []],
    ['long before it: what happened between is open', HOUR / 2, [[HOUR / 2, HOUR, undefined]]],
    ['within it: what was before is open until then', HOUR + 5, [[-Infinity, HOUR, HOUR + 5]]],
  ] as const)('%s', (_, at, doubts) => expect(open(at)).toEqual(doubts));
});

describe('a line that nobody can read', () => {
  const day = 24 * HOUR;
  const cut = [log('audit.log', [0, SECOND, undefined, ...every(day, day, 40 * day)])];

  test('stands between its neighbours’ times', () => {
    expect(doubtsFor(cut, { start: 0, end: day }, BORN)).toMatchObject([
      { reason: 'unusable', about: 'everything', since: SECOND + 1, until: day },
    ]);
  });

  test('is counted and listed in the windows that it touches, not in all', () => {
    const near = evidenceFor(cut, [], { start: HOUR, end: 2 * HOUR }, BORN);
    expect(near.events.unusable).toEqual({ 'not-json': 1 });
    expect(near.problems.listed).toMatchObject([{ line: 3 }]);
    const far = evidenceFor(cut, [], { start: 29 * day, end: 30 * day }, BORN);
    expect(far.events.unusable).toEqual({});
    expect(far.problems).toEqual({ total: 0, listed: [] });
  });

  test('a thousand thousand of them are folded and counted', () => {
    const times = Array.from({ length: 6_000 }, (_, i) => (i % 2 === 0 ? i * SECOND : undefined));
    const marks = [log('audit.log', times)];
    const window = { start: 0, end: 6_000 * SECOND };
    expect(evidenceFor(marks, [], window, BORN).problems.total).toBe(3_000);
    const doubts = doubtsFor(marks, window, BORN);
    expect(doubts.length).toBeLessThanOrEqual(1_001);
    for (const i of [1, 2_001, 5_997]) {
      const instant = i * SECOND;
      expect(doubts.some(({ since, until = Infinity }) => since <= instant && instant < until)).toBe(true);
    }
  });
});

describe('flow logs', () => {
  const audit = log('audit.log', every(MINUTE, 0, HOUR));
  const window = { start: 0, end: HOUR };
  const flows = (times: readonly (number | undefined)[]) => {
    const mark = log('flows.log', times);
    return { ...mark, source: flowSource(mark.source) };
  };

  test.each([
    ['none was given: what is said is about audit logs', [audit], true, 'no gap seen', 'not known'],
    ['one without a gap', [audit, flows(every(5 * MINUTE, 0, HOUR))], true, 'no gap seen', 'no gap seen'],
    ['one in which nothing can be read', [audit, flows([undefined])], false, 'not known', 'not known'],
    ['one that ends early', [audit, flows(every(5 * MINUTE, 0, 20 * MINUTE))], false, 'gaps', 'gaps'],
  ] as const)('%s', (_, marks, complete, grade, ofFlows) => {
    const evidence = evidenceFor(marks, [], window, { ...BORN, ofTraffic: true });
    expect(evidence).toMatchObject({ complete, grade, flows: { grade: ofFlows } });
    expect(evidenceFor(marks, [], window, BORN)).toMatchObject({ complete: true, grade: 'no gap seen' });
  });
});

describe('what was not applied when the stores were read', () => {
  const audit = log('audit.log', every(MINUTE, 0, HOUR));
  const second = log('second.log', every(MINUTE, 0, 50 * MINUTE), 'fedcba9876543210');
  const flows = { ...log('flows.log', every(MINUTE, 0, 55 * MINUTE)), source: flowSource('flows.log') };
  const late = { before: 2 * HOUR, changes: 22_872, flows: 0 };
  const start = 30 * MINUTE;

  test.each([
    ['nothing', { ...late, changes: 0 }, [audit], HOUR, 'no gap seen', undefined],
    ['it lies behind the window', late, [audit], HOUR, 'no gap seen', undefined],
    ['it may be of the end of the window', late, [audit], HOUR + MINUTE, 'gaps', HOUR + 1],
    ['the source that ends first counts', late, [audit, second], 51 * MINUTE, 'gaps', 50 * MINUTE + 1],
    ['nothing is there yet', late, [], HOUR, 'not known', 0],
  ] as const)('%s', (_, unapplied, marks, end, grade, since) => {
    const window = { start, end };
    const doubts = doubtsFor(marks, window, { ...BORN, unapplied }).filter(
      ({ reason }) => reason === 'unapplied',
    );
    expect(doubts.map((doubt) => doubt.since)).toEqual(since === undefined ? [] : [since]);
    const evidence = evidenceFor(marks, [], window, { ...BORN, unapplied });
    expect(evidence).toMatchObject({ grade, complete: since === undefined });
    expect(
      evidence.reasons.some((reason) => reason.startsWith('22872 messages that were published before')),
    ).toBe(since !== undefined);
  });

  test.each([
    ['flows count where who talked to whom is part of the report', true, HOUR, false],
    ['and where it is not, they do not', false, HOUR, true],
    ['nor where they lie behind the window', true, 55 * MINUTE, true],
  ])('%s', (_, ofTraffic, end, complete) => {
    const unapplied = { before: 2 * HOUR, changes: 0, flows: 1 };
    const evidence = evidenceFor([audit, flows], [], { start, end }, { ...BORN, ofTraffic, unapplied });
    expect(evidence).toMatchObject({ complete, grade: complete ? 'no gap seen' : 'gaps' });
    expect(evidence.reasons.some((reason) => reason.startsWith('One message that was published'))).toBe(
      !complete,
    );
  });
});

describe('a watch', () => {
  const watch = (times: readonly number[], kind = 'pods', watcher = 'here') => ({
    ...log('x', times),
    source: `watch/${kind}@${watcher}`,
  });
  const window = { start: HOUR, end: 2 * HOUR };
  const hours = every(MINUTE, 0, 3 * HOUR);

  test.each([
    ['no audit log', [], 'not known', false, ['No audit log was read.']],
    ['an audit log without proof', [log('audit.log', hours)], 'no gap seen', true, []],
    [
      'one with a hole',
      [
        log(
          'audit.log',
          hours.filter((time) => time <= 70 * MINUTE || 100 * MINUTE <= time),
        ),
      ],
      'gaps',
      false,
      [expect.stringContaining('from 1970-01-01T01:10:00.000001Z to 1970-01-01T01:40:00Z')],
    ],
  ] as const)(
    'proves how things were, and not who did what: with %s',
    (_, logs, grade, complete, reasons) => {
      const marks = [watch(hours), ...logs];
      expect(evidenceFor(marks, [], window, BORN)).toMatchObject({ grade: 'proven', complete: true });
      expect(evidenceFor(marks, [], window, { ...BORN, ofTrail: true })).toMatchObject({
        grade,
        complete,
        reasons,
      });
    },
  );

  test('that goes on is proof, and needs no birth: it began with a list', () => {
    const evidence = evidenceFor(
      [watch(hours), watch(hours, 'networkpolicies.networking.k8s.io')],
      [],
      window,
    );
    expect(evidence).toMatchObject({ grade: 'proven', complete: true, reasons: [] });
  });

  test('that began later knows nothing of before, until its list', () => {
    const marks = [watch(every(MINUTE, HOUR + 10 * MINUTE, 3 * HOUR))];
    expect(doubtsFor(marks, window)).toMatchObject([
      {
        about: { group: '', resource: 'pods' },
        since: -Infinity,
        until: HOUR + 10 * MINUTE,
        settledAt: HOUR + 10 * MINUTE,
      },
    ]);
    expect(doubtsFor(marks, { start: 2 * HOUR, end: 3 * HOUR })).toEqual([]);
  });

  test('makes good for what an audit log does not tell', () => {
    const audit = log(
      'audit.log',
      hours.filter((time) => time < 80 * MINUTE || time > 100 * MINUTE),
    );
    expect(evidenceFor([audit], [], window, BORN).grade).toBe('gaps');
    expect(evidenceFor([audit, watch(hours)], [], window)).toMatchObject({ grade: 'proven', complete: true });
    expect(doubtsFor([audit, watch(hours.filter((time) => time < 90 * MINUTE))], window)).toMatchObject([
      { about: { group: '', resource: 'pods' }, since: 89 * MINUTE + 1, until: 101 * MINUTE },
    ]);
  });
});
