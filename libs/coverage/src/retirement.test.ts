import { DOUBTED_KINDS, HOUR, MINUTE, SECOND, type Window } from '@margay/ground';
import type { Reading } from '@margay/history';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canarySource,
  type CoverageMark,
  deliveriesOf,
  evidenceFor,
  flowSource,
  listingMark,
  markOf,
  type Retirement,
  retire,
  retirementsIn,
  sourceStates,
  withRetirements,
} from './index.ts';

const at = (instant: number): Reading => ({ kind: 'ignored', at: instant, reason: 'out-of-kind' });
const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };

const told = (source: string, readings: readonly Reading[]): CoverageMark =>
  markOf(
    source,
    0,
    readings.length,
    readings.map((reading, position) => ({ position, reading })),
  );

/** Instants from one to another, a minute apart. */
const minutes = (from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / MINUTE) + 1 }, (_, i) => from + i * MINUTE);

/** A source that tells something each minute, of one stretch after the other. */
const source = (name: string, ...stretches: readonly (readonly [number, number])[]): CoverageMark =>
  told(
    name,
    stretches.flatMap(([from, to]) => minutes(from, to)).map((instant) => at(instant)),
  );

const gone = (name: string, from: number, said = from): Retirement => ({
  source: name,
  from,
  said,
  by: 'ann',
  because: 'the API server was taken down, ticket 1',
});

/** The same, which somebody took back. */
const takenBack = (name: string, from: number, at = 8 * HOUR): Retirement => ({
  ...gone(name, from),
  takenBack: { said: at, by: 'ben', because: 'it was another one' },
});

const evidence = (
  marks: readonly CoverageMark[],
  retirements: readonly Retirement[],
  window: Window,
  asked: object = {},
) =>
  evidenceFor(marks, [], window, {
    birth: 0,
    deliveries: withRetirements(deliveriesOf(marks, window.end), retirements),
    ...asked,
  });

const hours = (from: number, to: number): Window => ({ start: from * HOUR, end: to * HOUR });
const iso = (hour: number) => new Date(hour * 3_600_000).toISOString().replace('.000Z', 'Z');

const [A, B] = ['webhook:kube-1', 'webhook:kube-2'];
/** The first goes on, the second one tells nothing behind the second hour. */
const MARKS = [source(A, [0, 9 * HOUR]), source(B, [0, 2 * HOUR])];
const LISTS = DOUBTED_KINDS.map((kind) => listingMark({ ...kind, at: 4 * HOUR }));

describe('the silence of a source that is retired', () => {
  test.each`
    what                                              | marks                   | retired                                                 | window         | gaps        | complete
    ${'is a gap where nobody said so'}                | ${MARKS}                | ${[]}                                                   | ${hours(3, 4)} | ${[[3, 4]]} | ${false}
    ${'is none from its last word on'}                | ${MARKS}                | ${[gone(B, 2 * HOUR + SECOND)]}                         | ${hours(3, 4)} | ${[]}       | ${true}
    ${'is none in the window in which it ended'}      | ${MARKS}                | ${[gone(B, 2 * HOUR + SECOND)]}                         | ${hours(1, 3)} | ${[]}       | ${true}
    ${'is a gap up to its retirement'}                | ${MARKS}                | ${[gone(B, 4 * HOUR)]}                                  | ${hours(1, 5)} | ${[[2, 4]]} | ${false}
    ${'is a gap in a window before its retirement'}   | ${MARKS}                | ${[gone(B, 4 * HOUR)]}                                  | ${hours(2, 3)} | ${[[2, 3]]} | ${false}
    ${'leaves open behind it what was untold before'} | ${MARKS}                | ${[gone(B, 4 * HOUR)]}                                  | ${hours(5, 6)} | ${[]}       | ${false}
    ${'and lists settle that'}                        | ${[...MARKS, ...LISTS]} | ${[gone(B, 4 * HOUR)]}                                  | ${hours(5, 6)} | ${[]}       | ${true}
    ${'counts by the first of two words'}             | ${MARKS}                | ${[gone(B, 4 * HOUR), gone(B, 2 * HOUR + SECOND)]}      | ${hours(3, 4)} | ${[]}       | ${true}
    ${'is a gap where that was taken back'}           | ${MARKS}                | ${[takenBack(B, 2 * HOUR + SECOND)]}                    | ${hours(3, 4)} | ${[[3, 4]]} | ${false}
    ${'counts by the word behind that'}               | ${MARKS}                | ${[takenBack(B, 2 * HOUR + SECOND), gone(B, 4 * HOUR)]} | ${hours(3, 5)} | ${[[3, 4]]} | ${false}
    ${'says nothing of another source'}               | ${MARKS}                | ${[gone('webhook:kube-3', HOUR)]}                       | ${hours(3, 4)} | ${[[3, 4]]} | ${false}
  `('$what', ({ marks, retired, window, gaps, complete }) => {
    const found = evidence(marks, retired, window);
    expect(found.gaps.map(({ from, to }) => [from, to])).toEqual(
      gaps.map(([from, to]: [number, number]) => [
        from === 2 ? '1970-01-01T02:00:00.000001Z' : iso(from),
        iso(to),
      ]),
    );
    // A window that begins with the silence begins with its last word.
    expect(found.complete).toBe(complete);
  });

  test('is told, with who said so, when, why and from when on, also where it told nothing of the window', () => {
    const retired = [gone(B, 2 * HOUR + SECOND, 7 * HOUR)];
    const said = { by: 'ann', because: 'the API server was taken down, ticket 1', said: iso(7) };
    const listed = { source: B, of: 'changes', from: '1970-01-01T02:00:01Z', ...said };
    expect(evidence(MARKS, retired, hours(1, 2)).retired).toBeUndefined();
    expect(evidence(MARKS, retired, hours(1, 3)).retired).toEqual([listed]);
    const later = evidence(MARKS, retired, hours(5, 6));
    expect(later).toMatchObject({ retired: [listed], sources: [{ source: A }] });
    expect(later.sources).toHaveLength(1);
    expect(sourceStates(MARKS, 9 * HOUR, retired).get(B)).toMatchObject({
      gaps: [],
      retired: { from: '1970-01-01T02:00:01Z', ...said },
    });
  });

  test('counts as ever where that was taken back, and both words are told', () => {
    const retired = [takenBack(B, 2 * HOUR + SECOND)];
    for (const window of [hours(1, 3), hours(3, 4), hours(8, 9)])
      expect(evidence(MARKS, retired, window)).toEqual({
        ...evidence(MARKS, [], window),
        retired: [
          {
            source: B,
            of: 'changes',
            from: '1970-01-01T02:00:01Z',
            said: '1970-01-01T02:00:01Z',
            by: 'ann',
            because: 'the API server was taken down, ticket 1',
            takenBack: { said: iso(8), by: 'ben', because: 'it was another one' },
          },
        ],
      });
    expect(sourceStates(MARKS, 9 * HOUR, retired).get(B)?.retired).toBeUndefined();
  });

  test('a word is taken back by the first one behind it, of its source alone', () => {
    const word = { by: 'ann', because: 'x' };
    const facts = [
      { what: 'retired', source: A, at: 1, said: 10, ...word },
      { what: 'taken-back', source: A, said: 30, ...word },
      { what: 'taken-back', source: A, said: 20, ...word },
      { what: 'taken-back', source: B, said: 11, ...word },
      { what: 'retired', source: A, at: 1, said: 31, ...word },
    ] as const;
    expect(retirementsIn(facts).map((one) => [one.said, one.takenBack?.said])).toEqual([
      [10, 20],
      [31, undefined],
    ]);
  });

  test('counts as ever where it told something afterwards', () => {
    const again = [MARKS[0]!, source(B, [0, 2 * HOUR], [6 * HOUR, 7 * HOUR])];
    const retired = [gone(B, 2 * HOUR + SECOND)];
    for (const window of [hours(3, 4), hours(5, 7), hours(8, 9)])
      expect(evidence(again, retired, window)).toEqual({
        ...evidence(again, [], window),
        retired: [expect.objectContaining({ source: B, toldAgain: true })],
      });
    // It can be retired once more, and then what it left untold between stays open.
    const twice = [...retired, gone(B, 7 * HOUR + SECOND)];
    expect(evidence(again, twice, hours(8, 9))).toMatchObject({ grade: 'no gap seen', complete: false });
    expect(evidence([...again, ...LISTS], twice, hours(3, 4)).gaps).toEqual([{ from: iso(3), to: iso(4) }]);
  });
});

describe('somebody has to tell', () => {
  test.each([
    ['the only log', [source(A, [0, 2 * HOUR])], [gone(A, 2 * HOUR + SECOND)]],
    [
      'all of two',
      MARKS.slice(1).concat(source(A, [0, 3 * HOUR])),
      [gone(A, 3 * HOUR + SECOND), gone(B, 2 * HOUR + SECOND)],
    ],
    [
      'all, of which one never told a time',
      [source(A, [0, 2 * HOUR]), told(B, [broken])],
      [gone(A, 2 * HOUR + SECOND), gone(B, 2 * HOUR + SECOND)],
    ],
  ])('where %s is retired, what follows is a gap', (_, marks, retired) => {
    for (const window of [hours(3, 4), hours(5, 6), hours(1, 6)])
      expect(evidence(marks, retired, window)).toMatchObject({ complete: false });
    expect(evidence(marks, retired, hours(5, 6)).gaps).toEqual([{ from: iso(5), to: iso(6) }]);
    expect(evidence(marks, retired, hours(5, 6)).reasons).toContainEqual(
      expect.stringContaining('no other audit log is left'),
    );
  });

  const [OLD, NEW, OTHER] = ['watch/pods@old', 'watch/pods@new', 'watch/services@new'];
  test.each([
    ['watched by another', [source(OLD, [0, 2 * HOUR]), source(NEW, [0, 9 * HOUR])], [], true],
    [
      'watched by nobody else, while another kind is',
      [source(OLD, [0, 2 * HOUR]), source(OTHER, [0, 9 * HOUR])],
      [[3, 4]],
      false,
    ],
    [
      'watched by another that began later',
      [source(OLD, [0, 2 * HOUR]), source(NEW, [5 * HOUR, 9 * HOUR])],
      [[3, 4]],
      false,
    ],
    [
      'told by an audit log',
      [source(OLD, [0, 2 * HOUR]), source(OTHER, [0, 9 * HOUR]), source(A, [0, 9 * HOUR])],
      [],
      true,
    ],
  ])('a kind whose watch is retired and that is %s', (_, marks, gaps, complete) => {
    const found = evidence(marks, [gone(OLD, 2 * HOUR + SECOND)], hours(3, 4));
    expect(found.gaps).toEqual(gaps.map(([from, to]) => ({ from: iso(from!), to: iso(to!) })));
    expect(found.complete).toBe(complete);
    expect(found.retired).toMatchObject([{ source: OLD }]);
  });

  test('a watch that is retired proves nothing, also where an audit log tells of its kind', () => {
    const marks = [
      source('watch/pods@old', [0, 2 * HOUR]),
      source('watch/pods@new', [0, 2.5 * HOUR]),
      source(A, [0, 9 * HOUR]),
    ];
    expect(evidence(marks, [gone('watch/pods@old', 2 * HOUR + SECOND)], hours(1, 4)).grade).toBe(
      'no gap seen',
    );
  });

  test.each([
    ['another goes on', [[0, 9 * HOUR]], true],
    ['it was the only one', [], false],
  ] as const)('of flow logs, one of which is retired: %s', (_, others, complete) => {
    const flows = flowSource('flows.log');
    const marks = [
      source(A, [0, 9 * HOUR]),
      source(flows, [0, 2 * HOUR]),
      ...others.map((stretch, i) => source(flowSource(`more-${i}.log`), stretch)),
    ];
    for (const window of [hours(1, 4), hours(3, 4)])
      expect(evidence(marks, [gone(flows, 2 * HOUR + SECOND)], window, { ofTraffic: true })).toMatchObject({
        complete,
        retired: [{ source: 'flows.log', of: 'flows' }],
      });
  });
});

describe('canaries', () => {
  const WRITER = '5f0c1a2b3d4e5f60';
  const STEP = 30 * SECOND;
  const rounds = (server: string, from: number, to: number, state: 'seen' | 'written' = 'seen') =>
    Array.from({ length: to - from + 1 }, (_, i) => ({
      writer: WRITER,
      server,
      servers: 2,
      sequence: from + i,
      state,
      at: (from + i) * STEP,
    }));
  const log = (name: string, canaries: ReturnType<typeof rounds>): CoverageMark => ({
    ...told(
      name,
      canaries.map((canary) => at(canary.at)),
    ),
    canaries,
  });
  const END = 480;
  const [ONE, TWO] = ['10.0.0.1:6443', '10.0.0.2:6443'];
  const whole = log(A, rounds(ONE, 0, END));
  const written = (server: string, to: number) => rounds(server, 0, to, 'written');
  const writer = (...all: readonly ReturnType<typeof rounds>[]): CoverageMark => ({
    ...markOf(canarySource('w'), 0, 1, []),
    canaries: all.flat(),
  });
  const ended = log(B, rounds(TWO, 0, 120));

  const both = log(A, [...rounds(ONE, 0, END), ...rounds(TWO, 0, END)]);
  const partly = log(A, [...rounds(ONE, 0, END), ...rounds(TWO, 0, 100)]);
  const goOn = writer(written(ONE, END), written(TWO, END));
  const end = (round: number) => writer(written(ONE, END), written(TWO, round));
  const atOnce = 120 * STEP + SECOND;

  test.each([
    ['are not written any more through its API server', [whole, ended, end(120)], atOnce, 0, true],
    ['are, and another log delivers them', [both, ended, goOn], atOnce, 0, true],
    ['are, and nobody delivers them', [whole, ended, goOn], atOnce, 1, false],
    ['are, and nobody delivers them any more', [partly, ended, goOn], atOnce, 1, false],
    ['did not come before it was retired', [whole, ended, end(124)], 124 * STEP + SECOND, 0, false],
    ['came from elsewhere when it did not', [both, ended, goOn], 124 * STEP, 0, false],
  ] as const)('where those %s', (_, marks, from, gaps, complete) => {
    const found = evidence(marks, [gone(B, from)], hours(2, 3));
    expect([found.gaps.length, found.complete]).toEqual([gaps, complete]);
  });
});

describe('property', () => {
  /** Tells each minute up to an hour; is it retired behind that, at once or an hour later; does it tell again. */
  const arbitrarySource = fc.record({
    end: fc.integer({ min: 1, max: 8 }),
    retired: fc.constantFrom('no', 'at once', 'later'),
    again: fc.boolean(),
  });

  test('a window is complete where nobody is silent who is not retired, and somebody tells, and nowhere else', () => {
    fc.assert(
      fc.property(
        fc.array(arbitrarySource, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        (sources, from, length) => {
          const window = hours(from, from + length);
          const name = (i: number) => `webhook:kube-${i}`;
          const marks = sources.map(({ end, again }, i) =>
            source(name(i), [0, end * HOUR], ...(again ? ([[10 * HOUR, 14 * HOUR]] as const) : [])),
          );
          const retirements = sources.flatMap(({ end, retired }, i) =>
            retired === 'no' ? [] : [gone(name(i), end * HOUR + (retired === 'later' ? HOUR : SECOND))],
          );
          const tellsThroughout = ({ end }: (typeof sources)[number]) => end * HOUR >= window.end;
          const isExcused = ({ retired, again }: (typeof sources)[number]) => retired === 'at once' && !again;
          const complete =
            sources.some(tellsThroughout) && sources.every((one) => tellsThroughout(one) || isExcused(one));
          expect(evidence(marks, retirements, window).complete).toBe(complete);
        },
      ),
    );
  });
});

describe('to retire a source', () => {
  const file = (n: number, from: number, to: number) =>
    source(`audit.log${n === 0 ? '' : `.${n}`}@${String(n).repeat(16)}`, [from * HOUR, to * HOUR]);
  const all = [
    ...MARKS,
    file(2, 0, 1),
    file(1, 1.05, 2),
    file(0, 2.05, 3),
    source(flowSource('audit.log'), [0, HOUR]),
  ];
  const ask = (
    name: string,
    from: number,
    marks: readonly CoverageMark[] = all,
    known: readonly Retirement[] = [],
  ) =>
    retire(withRetirements(deliveriesOf(marks), known), {
      name,
      from,
      said: 8 * HOUR,
      by: 'ann',
      because: 'why',
    });

  test('all files of a log are, together', () => {
    const found = ask('audit.log', 4 * HOUR);
    if ('refused' in found) throw new Error(found.refused);
    expect(found).toMatchObject({ last: 3 * HOUR, others: 2 });
    expect(
      retirementsIn(found.facts)
        .map(({ source: one }) => one)
        .sort(),
    ).toEqual(
      all
        .slice(2, 5)
        .map((mark) => mark.source)
        .sort(),
    );
    expect(retirementsIn(found.facts)[0]).toMatchObject({
      from: 4 * HOUR,
      said: 8 * HOUR,
      by: 'ann',
      because: 'why',
    });
  });

  test.each([
    ['a flow log', 'flows: audit.log', 2 * HOUR, all, 0],
    ['the last of its sort', A, 10 * HOUR - 1, [source(A, [0, HOUR])], undefined],
    ['one that never told a time', B, HOUR, [MARKS[0]!, told(B, [broken])], 1],
  ] as const)('%s', (_, name, from, marks, others) => {
    const found = ask(name, Math.min(from, 8 * HOUR), marks);
    expect(found).toMatchObject({ others: others ?? 0 });
  });

  test.each([
    [
      'of another name',
      'kube-2',
      4 * HOUR,
      all,
      [],
      /^No source of this cluster is called kube-2\. .*: audit\.log, webhook:kube-1, webhook:kube-2, flows: audit\.log\.$/,
    ],
    ['where nothing told', B, 4 * HOUR, [], [], /^Nothing ever told of this cluster/],
    ['that is a list', LISTS[0]!.source, 4 * HOUR, [...all, ...LISTS], [], /^No source of this cluster/],
    ['in the future', B, 8 * HOUR + 1, all, [], /has not come yet: it is 1970-01-01T08:00:00Z here/],
    [
      'before what it told last',
      B,
      2 * HOUR,
      all,
      [],
      /^webhook:kube-2 told something at 1970-01-01T02:00:00Z.*end it first/,
    ],
    [
      'that is retired',
      B,
      5 * HOUR,
      all,
      [gone(B, 3 * HOUR)],
      /^webhook:kube-2 is retired already: ann said at 1970-01-01T03:00:00Z/,
    ],
  ] as const)('one %s is refused', (_, name, from, marks, known, words) => {
    const found = ask(name, from, [...marks], known);
    expect(found).toEqual({ refused: expect.stringMatching(words) as string });
  });
});
