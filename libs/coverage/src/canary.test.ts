import { canaryManager, canaryOfManager, HOUR, MINUTE, SECOND } from '@margay/ground';
import type { Reading } from '@margay/history';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canarySource,
  doubtsFor,
  evidenceFor,
  fileSource,
  markOf,
  type Canary,
  type CoverageMark,
} from './index.ts';

const STEP = 30 * SECOND;
const WRITER = 'writer';

interface Round {
  readonly server: string;
  readonly sequence: number;
  readonly at: number;
  readonly servers: number;
}

/** A canary each half minute, from one sequence number to another; number n is of n half minutes after the epoch. */
const rounds = (server: string, from: number, to: number, servers = 1): Round[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    server,
    servers,
    sequence: from + i,
    at: (from + i) * STEP,
  }));

const without = (all: readonly Round[], ...sequences: readonly number[]) =>
  all.filter(({ sequence }) => !sequences.includes(sequence));

/** A log in which these canaries came, and nothing else. */
const log = (name: string, seen: readonly Round[]): CoverageMark =>
  markOf(
    fileSource(name, '0123456789abcdef'),
    1,
    seen.length + 1,
    seen.map(({ server, sequence, at, servers }, i) => {
      const canary = { writer: WRITER, server, servers, sequence };
      const reading: Reading = { kind: 'ignored', reason: 'canary', at, canary };
      return { position: i + 1, reading };
    }),
  );

/** What the writer says of them. */
const told = (all: readonly Round[], state: Canary['state'] = 'written', message?: string): CoverageMark => ({
  ...markOf(
    canarySource(WRITER),
    (all[0]?.at ?? 0) + (state === 'written' ? 0 : 1),
    (all.at(-1)?.at ?? 0) + 2,
    [],
  ),
  canaries: all.map((round) => ({ ...round, writer: WRITER, state, ...(message && { message }) })),
});

const window = { start: 10 * MINUTE, end: 20 * MINUTE };
const BORN = { birth: 0 };
const graded = (...marks: readonly CoverageMark[]) => evidenceFor(marks, [], window, BORN).grade;
/** Sequence numbers around the window: it begins with 20 and ends with 40. */
const A = rounds('a:6443', 0, 60);

describe('a window between canaries that all came is proven', () => {
  const B = rounds('b:6443', 0, 60, 2);
  const A2 = rounds('a:6443', 0, 60, 2);
  test.each([
    ['each came', [log('a.log', A), told(A)], 'proven'],
    ['nobody says that they were written', [log('a.log', A)], 'proven'],
    ['one is missing, and nobody says that it was written', [log('a.log', without(A, 30))], 'no gap seen'],
    [
      'one failed',
      [log('a.log', without(A, 30)), told(without(A, 30)), told([A[30]!], 'failed')],
      'no gap seen',
    ],
    ['one was written and did not come', [log('a.log', without(A, 30)), told(A)], 'gaps'],
    ['one before the window did not come', [log('a.log', without(A, 18)), told(A)], 'proven'],
    [
      'the log ends with the window',
      [log('a.log', rounds('a:6443', 0, 40)), told(rounds('a:6443', 0, 40))],
      'proven',
    ],
    [
      'it ends just before',
      [log('a.log', rounds('a:6443', 0, 39)), told(rounds('a:6443', 0, 39))],
      'no gap seen',
    ],
    ['the log ends, and canaries go on', [log('a.log', rounds('a:6443', 0, 30)), told(A)], 'gaps'],
    ['none was written', [told(A, 'failed', 'forbidden')], 'not known'],
    ['two API servers with a log each', [log('a.log', A2), log('b.log', B), told([...A2, ...B])], 'proven'],
    ['two API servers in one log', [log('all.log', [...A2, ...B]), told([...A2, ...B])], 'proven'],
    ['the other one’s log is not read', [log('a.log', A2), told([...A2, ...B])], 'gaps'],
    [
      'the other one went away long before',
      [
        log('a.log', [...A2.slice(0, 10), ...A.slice(10)]),
        log('b.log', B.slice(0, 10)),
        told([...A2.slice(0, 10), ...A.slice(10), ...B.slice(0, 10)]),
      ],
      'proven',
    ],
    [
      'it went away in the window',
      [
        log('a.log', [...A2.slice(0, 30), ...A.slice(30)]),
        log('b.log', B.slice(0, 30)),
        told([...A2.slice(0, 30), ...A.slice(30), ...B.slice(0, 30)]),
      ],
      'no gap seen',
    ],
    [
      'it went away in the window, and came back',
      [
        log('a.log', [...A2.slice(0, 25), ...A.slice(25, 35), ...A2.slice(35)]),
        log('b.log', [...B.slice(0, 25), ...B.slice(35)]),
        told([...A2.slice(0, 25), ...A.slice(25, 35), ...A2.slice(35), ...B.slice(0, 25), ...B.slice(35)]),
      ],
      'no gap seen',
    ],
    [
      'its log was never read, and it went away before the window',
      [
        log('a.log', [...A2.slice(0, 10), ...A.slice(10)]),
        told([...A2.slice(0, 10), ...A.slice(10), ...B.slice(0, 10)]),
      ],
      'proven',
    ],
    [
      'nobody says that it went away',
      [log('a.log', A2), log('b.log', B.slice(0, 30)), told([...A2, ...B])],
      'gaps',
    ],
    [
      'what it took last did not come before it went away',
      [
        log('a.log', [...A2.slice(0, 30), ...A.slice(30)]),
        log('b.log', B.slice(0, 28)),
        told([...A2.slice(0, 30), ...A.slice(30), ...B.slice(0, 30)]),
      ],
      'gaps',
    ],
    [
      'it was added in the window, with its log',
      [
        log('a.log', [...A.slice(0, 30), ...A2.slice(30)]),
        log('b.log', B.slice(30)),
        told([...A.slice(0, 30), ...A2.slice(30), ...B.slice(30)]),
      ],
      'no gap seen',
    ],
    [
      'it was added in the window, and its log is not read',
      [
        log('a.log', [...A.slice(0, 30), ...A2.slice(30)]),
        told([...A.slice(0, 30), ...A2.slice(30), ...B.slice(30)]),
      ],
      'gaps',
    ],
    [
      'it was added behind the window',
      [log('a.log', [...A.slice(0, 50), ...A2.slice(50)]), told([...A.slice(0, 50), ...A2.slice(50)])],
      'proven',
    ],
    ['nobody says what of the other one was written', [log('a.log', A2)], 'no gap seen'],
    ['the other one cannot be written to', [log('a.log', A2), told(A2), told(B, 'failed')], 'no gap seen'],
    [
      'in one log the other one’s are missing',
      [log('all.log', [...A2, ...without(B, 30)]), told([...A2, ...B])],
      'gaps',
    ],
  ] as const)('%s', (_, marks, grade) => {
    expect(graded(...marks)).toBe(grade);
  });

  test('in whatever order they come and however often, in one stretch or in many', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...A, ...A], { minLength: 122, maxLength: 122 }), (shuffled) => {
        const marks = shuffled.map((round, i) => {
          const one = log('a.log', [round]);
          return { ...one, from: i, to: i + 1 };
        });
        expect(graded(...marks)).toBe('proven');
      }),
    );
  });

  test('any that was written and did not come in time is a gap from the one before to the one behind', () => {
    fc.assert(
      fc.property(fc.integer({ min: 21, max: 38 }), fc.integer({ min: 0, max: 5 }), (first, more) => {
        const lost = rounds('a:6443', first, first + more).map(({ sequence }) => sequence);
        const doubts = doubtsFor([log('a.log', without(A, ...lost)), told(A)], window, BORN);
        expect(doubts.map(({ since, until }) => [since, until])).toEqual([
          [(first - 1) * STEP + 1, (first + more + 1) * STEP],
        ]);
        expect(doubts[0]?.message).toMatch(
          /^a.log did not deliver what was written through the API server a:6443 from /,
        );
      }),
    );
  });
});

test('what the log of an API server lost that is gone by now is open all the same', () => {
  const [A2, B] = [rounds('a:6443', 0, 9, 2), rounds('b:6443', 0, 9, 2)];
  const marks = [
    log('a.log', [...A2, ...A.slice(10)]),
    log('b.log', without(B, 4, 5)),
    told([...A2, ...A.slice(10), ...B]),
  ];
  expect(evidenceFor(marks, [], window, BORN)).toMatchObject({ grade: 'proven', complete: false });
  expect(doubtsFor(marks, window, BORN)).toMatchObject([
    { source: 'b.log', since: 3 * STEP + 1, until: 6 * STEP },
  ]);
});

describe('silence is told from quiet', () => {
  /** Events every second, but for seventy seconds in the window. */
  const hole = { start: 12 * MINUTE, end: 12 * MINUTE + 70 * SECOND };
  const times = Array.from({ length: 30 * 60 }, (_, i) => i * SECOND).filter(
    (at) => at <= hole.start || at >= hole.end,
  );
  /** Canaries every half minute, but for one that comes late, at the end of those seconds. */
  const steps = rounds('a:6443', 0, 24).concat(
    rounds('a:6443', 25, 58).map((round) => ({ ...round, at: round.at - 25 * STEP + hole.end })),
  );
  const busy = (seen: readonly Round[]): CoverageMark => {
    const { source } = log('a.log', []);
    const readings: Reading[] = [
      ...times.map((at) => ({ kind: 'ignored', reason: 'read-only', at }) as const),
      ...seen.map((round) => {
        const canary = { ...round, writer: WRITER };
        return { kind: 'ignored', reason: 'canary', at: round.at, canary } as const;
      }),
    ];
    const reads = readings.map((reading, i) => ({ position: i + 1, reading }));
    return markOf(source, 1, reads.length + 1, reads);
  };

  test.each([
    ['without canaries a minute without an event is a silence', [], 'gaps'],
    ['with one before it and the next behind it, it was quiet', steps, 'proven'],
    [
      'where one is missing in between, it was not',
      steps.map((r) => (r.sequence < 25 ? r : { ...r, sequence: r.sequence + 1 })),
      'gaps',
    ],
  ] as const)('%s', (_, seen, grade) => {
    expect(graded(busy(seen))).toBe(grade);
  });
});

describe('what is not forced is not claimed', () => {
  test.each([
    [
      'canaries of a log that never had one prove nothing and are no gap',
      [log('a.log', A), log('other.log', []), told(A)],
    ],
    [
      'they come a minute and a half apart',
      [
        log(
          'a.log',
          A.map((round) => ({ ...round, at: 3 * round.at - 20 * MINUTE })),
        ),
      ],
    ],
    [
      'the clock of the API server is set an hour forth',
      [
        log(
          'a.log',
          A.map((r) => (r.sequence < 30 ? r : { ...r, at: r.at + HOUR })),
        ),
      ],
    ],
    [
      'the object was made again: another writer',
      [
        {
          ...log('a.log', A),
          canaries: log('a.log', A).canaries!.map((c) => ({ ...c, writer: c.sequence < 30 ? 'old' : 'new' })),
        },
      ],
    ],
  ] as const)('%s', (_, marks) => {
    expect(graded(...marks)).not.toBe('proven');
  });

  test('a number that is given again later does not lead from the first time to the second', () => {
    const again = A.filter(({ sequence }) => sequence <= 25).concat({ ...A[24]!, at: 25 * MINUTE });
    expect(graded(log('a.log', again))).not.toBe('proven');
  });

  test('a clock that is set back leaves no canary out and proves nothing of the time that came twice', () => {
    const back = A.map((round) => (round.sequence < 30 ? round : { ...round, at: round.at - 5 * MINUTE }));
    expect(
      doubtsFor([log('a.log', back), told(A)], { start: 0, end: 20 * MINUTE }, BORN).filter(({ message }) =>
        message.includes('canaries'),
      ),
    ).toEqual([]);
  });

  describe('the clock of the writer jumps, and that of the API server does not', () => {
    const jumps = fc.record({
      by: fc.constantFrom(-HOUR, -10 * MINUTE, -STEP, MINUTE, 10 * MINUTE, HOUR),
      at: fc.integer({ min: 3, max: 55 }),
    });
    /** The silence that goes on by the time that a round was the last one, of a log that has so many. */
    const silent = ({ by, at }: { by: number; at: number }, last: number, delivered: number) => {
      const written = A.slice(0, last + 1).map((r) => (r.sequence < at ? r : { ...r, at: r.at + by }));
      const marks = [log('a.log', A.slice(0, delivered)), told(written)];
      return doubtsFor(marks, { start: 0, end: 2 * HOUR }, BORN).filter(({ message }) =>
        message.includes('did not deliver'),
      );
    };

    test('a log that delivers is never called silent', () => {
      fc.assert(
        fc.property(jumps, fc.integer({ min: 3, max: 60 }), (jump, last) => {
          expect(silent(jump, last, last)).toEqual([]);
        }),
      );
    });

    test('nor is one to whom a round and a half are under way', () => {
      fc.assert(
        fc.property(jumps, fc.integer({ min: 0, max: 3 }), ({ by, at }, behind) => {
          expect(silent({ by, at }, at + behind, at + behind - 1)).toEqual([]);
        }),
      );
    });

    test('of a window that is over, and whatever is told later, no more is proven than came, and what ended is said', () => {
      fc.assert(
        fc.property(jumps, fc.integer({ min: -2, max: 2 }), (jump, behind) => {
          const delivered = jump.at - behind;
          const written = A.map((r) => (r.sequence < jump.at ? r : { ...r, at: r.at + jump.by }));
          const over = { start: 0, end: delivered * STEP + STEP / 2 };
          const marks = [log('a.log', A.slice(0, delivered)), told(written)];
          expect(evidenceFor(marks, [], over, BORN).grade).toBe('gaps');
          expect(
            doubtsFor(marks, over, BORN).filter(({ message }) => message.includes('canaries')),
          ).toMatchObject([{ source: 'a.log', since: (delivered - 1) * STEP + 1 }]);
          const whole = [log('a.log', A), told(written)];
          expect(evidenceFor(whole, [], over, BORN).grade).toBe('proven');
        }),
      );
    });

    test('one that ended is called silent from its last canary on, two or three rounds later', () => {
      fc.assert(
        fc.property(jumps, fc.integer({ min: 3, max: 57 }), (jump, delivered) => {
          expect(silent(jump, delivered + 3, delivered)).toMatchObject([
            { source: 'a.log', since: (delivered - 1) * STEP + 1 },
          ]);
        }),
      );
    });
  });

  test('the last canaries have time to come', () => {
    const late = [log('a.log', rounds('a:6443', 0, 39)), told(rounds('a:6443', 0, 40))];
    expect(doubtsFor(late, window, BORN)).toEqual([]);
  });
});

test('API servers that count events which they lost leave open what those were', () => {
  const message = 'The API server a:6443 could not hand on 3 audit events.';
  const lost: CoverageMark = {
    ...markOf(canarySource('writer'), 1, 2, []),
    canaries: [
      {
        writer: WRITER,
        server: 'a:6443',
        servers: 1,
        sequence: 30,
        state: 'lost',
        since: 14 * MINUTE,
        at: 15 * MINUTE,
        message,
      },
    ],
  };
  expect(doubtsFor([log('a.log', A), lost], window, BORN)).toEqual([
    {
      id: expect.any(String) as string,
      about: 'everything',
      since: 14 * MINUTE,
      until: 15 * MINUTE,
      reason: 'gap',
      message,
      source: 'a:6443',
    },
  ]);
  expect(evidenceFor([log('a.log', A), lost], [], window, BORN)).toMatchObject({ complete: false });
});

test('the evidence says of each API server what canaries prove', () => {
  const B = rounds('b:6443', 0, 60, 2);
  const marks = [
    log('a.log', rounds('a:6443', 0, 60, 2)),
    log('b.log', without(B, 30)),
    told(rounds('a:6443', 0, 60, 2)),
    told([B[30]!], 'failed', 'a webhook rejects it'),
  ];
  expect(evidenceFor(marks, [], window, BORN).canaries).toEqual(
    [
      { server: 'a:6443', provenBy: ['a.log'], seenBy: ['a.log'], lastWritten: '1970-01-01T00:19:30Z' },
      { server: 'b:6443', provenBy: [], seenBy: ['b.log'], notWritten: 'a webhook rejects it' },
    ].map((server) => ({
      ...server,
      ...(server.lastWritten && { lastWritten: expect.stringContaining('1970') as string }),
    })),
  );
});

test('an API server that is away while a clock is an hour ahead was not away for that hour', () => {
  const B = rounds('b:6443', 0, 60, 2);
  const [away, back] = [24, 26];
  const isAhead = (sequence: number) => sequence === away + 1 || sequence === back;
  const clock = (round: Round) => (isAhead(round.sequence) ? { ...round, at: round.at + HOUR } : round);
  const written = [...A.map(clock), ...B.filter(({ sequence }) => sequence < away || sequence > back)];
  const lasting = { start: 30 * MINUTE, end: HOUR };
  const long = A.concat(rounds('a:6443', 61, 130));
  const marks = [
    log('a.log', long),
    log(
      'b.log',
      B.filter(({ sequence }) => sequence < away || sequence > back),
    ),
    told([...written, ...rounds('a:6443', 61, 130).map(clock), ...rounds('b:6443', 61, 130, 2)]),
  ];
  // It delivered up to half an hour, and nothing from then on.
  expect(evidenceFor(marks, [], lasting, BORN)).toMatchObject({ grade: 'gaps', complete: false });
});

describe('the name of a canary', () => {
  test.each([
    [
      'margay-canary/5f0c/10.0.0.1:6443/2/7',
      { writer: '5f0c', server: '10.0.0.1:6443', servers: 2, sequence: 7 },
    ],
    [
      'margay-canary/5f0c/[fd00::1]:6443/2/7',
      { writer: '5f0c', server: '[fd00::1]:6443', servers: 2, sequence: 7 },
    ],
    ['kubectl-edit', undefined],
    ['margay-canary', undefined],
    ['margay-canary/5f0c/10.0.0.1:6443/2/-1', undefined],
    ['margay-canary/5f0c/10.0.0.1:6443/0/7', undefined],
    ['margay-canary/5f0c/10.0.0.1:6443/2/7/8', undefined],
    ['margay-canary//10.0.0.1:6443/2/7', undefined],
  ] as const)('%s', (manager, canary) => {
    expect(canaryOfManager(manager)).toEqual(canary);
    if (canary) expect(canaryManager(canary)).toBe(manager);
  });
});
