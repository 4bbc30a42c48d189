import { type Instant, SECOND } from '@margay/ground';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { foldOn, foldWhole, NEW_KEY } from './key-fold.ts';
import { shuffledWithRepeats } from './testing/histories.ts';
import { TOLD_LATE } from './object-doubt.ts';
import type { Version } from './version.ts';
import { TOLD_AT_ONCE } from './watched.ts';

/** What truly happened to a name: at whole seconds. */
interface Step {
  readonly at: Instant;
  readonly what: 'created' | 'written' | 'deleted';
  readonly uid: string;
  readonly label: string;
}

interface Away {
  readonly start: Instant;
  readonly end: Instant;
}

const KEY = { group: 'networking.k8s.io', resource: 'networkpolicies', namespace: 'shop', name: 'p' };

/** A name in time: made, written and deleted, again and again. */
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      after: fc.integer({ min: 1, max: 30 }),
      ends: fc.boolean(),
      label: fc.constantFrom('x', 'y', 'z'),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((words) => {
    let [at, objects, isThere] = [10 * SECOND, 0, false];
    return words.map(({ after, ends, label }): Step => {
      at += after * SECOND;
      const what = !isThere ? 'created' : ends ? 'deleted' : 'written';
      if (what === 'created') objects++;
      isThere = what !== 'deleted';
      return { at, what, uid: `u${objects}`, label };
    });
  });

/** Times in which the watch was not heard of, longer than what counts as told at once; none ends when something happens. */
const aways: fc.Arbitrary<readonly Away[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 6, max: 120 })), { maxLength: 4 })
  .map((pairs) => {
    let at = SECOND / 4;
    return pairs.map(([pause, length]) => {
      const start = at + pause * SECOND;
      at = start + length * SECOND;
      return { start, end: at };
    });
  });

function changeOf({ what, uid, label }: Step, i: number): Omit<Change, 'at' | 'receivedAt' | 'origin'> {
  const id = `${uid}/${what === 'deleted' ? 'gone' : i}`;
  const content = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', labels: { app: label } },
  };
  return {
    ...KEY,
    id,
    eventId: id,
    what: what === 'deleted' ? 'gone' : 'present',
    uid,
    resourceVersion: String(100 + i),
    ...(what !== 'deleted' && { content }),
    ...(what === 'created' && { created: true }),
  };
}

/** As a watch tells it: a moment later, or when it is back, with when it had been heard of last. */
function watched(all: readonly Step[], away: readonly Away[]): Change[] {
  return all.map((step, i) => {
    const within = away.find(({ start, end }) => start < step.at && step.at < end);
    const told = within
      ? { receivedAt: within.start, at: within.end }
      : { receivedAt: step.at - 2 * SECOND, at: step.at + SECOND / 10 };
    return { ...changeOf(step, i), ...told, origin: { source: 'watch/networkpolicies', position: 100 + i } };
  });
}

/** As the API server's own log tells it. */
function audited(all: readonly Step[]): Change[] {
  return all.map((step, i) => {
    const change = changeOf(step, i);
    return {
      ...change,
      id: `audit/${change.id}`,
      eventId: `audit/${change.id}`,
      receivedAt: step.at - SECOND / 100,
      at: step.at,
      actor: { user: 'ann' },
      origin: { source: 'audit', position: i },
    };
  });
}

/** What was true at an instant: which object with which label. */
function truthAt(all: readonly Step[], instant: Instant): string {
  const last = all.findLast(({ at }) => at <= instant);
  return last === undefined || last.what === 'deleted' ? '' : `${last.uid}=${last.label}`;
}

const validAt = (versions: readonly Version[], instant: Instant): readonly Version[] =>
  versions.filter(({ validFrom, validTo = Infinity }) => validFrom <= instant && instant < validTo);

/** Between any two things that happen or are told. */
const instantsOf = (all: readonly Step[], away: readonly Away[]): readonly Instant[] => {
  const last = Math.max(...all.map(({ at }) => at), ...away.map(({ end }) => end)) + 5 * SECOND;
  return Array.from({ length: Math.ceil(last / SECOND) }, (_, i) => i * SECOND + SECOND / 2);
};

/** What is said for sure is so; while a watch is away, to what counts as told at once. */
function expectTrue(versions: readonly Version[], all: readonly Step[], away: readonly Away[]): void {
  for (const instant of instantsOf(all, away)) {
    const here = validAt(versions, instant);
    const isAway = away.some(({ start, end }) => start <= instant && instant < end);
    if (here.some(({ doubt }) => doubt !== undefined)) {
      expect(here.every(({ doubt }) => doubt === undefined || doubt.reason === TOLD_LATE)).toBe(true);
      expect(isAway).toBe(true);
      continue;
    }
    const said = here.map(({ uid, content }) => `${uid}=${content.metadata.labels?.['app']}`).join();
    const lag = isAway ? TOLD_AT_ONCE / SECOND : 0;
    const may = Array.from({ length: lag + 1 }, (_, i) => truthAt(all, instant - i * SECOND));
    expect(may).toContain(said);
  }
}

test('whenever a watch was away, what is said for sure was so, and only what it was away for is open', () => {
  fc.assert(
    fc.property(steps, aways, (all, away) => {
      expectTrue(foldKey(watched(all, away)), all, away);
    }),
    { numRuns: 300 },
  );
});

test('beside a log that lacks some of it, too', () => {
  fc.assert(
    fc.property(
      steps,
      aways,
      fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
      (all, away, isLogged) => {
        const log = audited(all).filter((_, i) => isLogged[i]);
        expectTrue(foldKey([...log, ...watched(all, away)]), all, away);
      },
    ),
    { numRuns: 300 },
  );
});

test('beside a whole log nothing is open, however often and long the watch was away', () => {
  fc.assert(
    fc.property(steps, aways, (all, away) => {
      const versions = foldKey([...audited(all), ...watched(all, away)]);
      expect(versions.filter(({ doubt }) => doubt !== undefined)).toEqual([]);
      expectTrue(versions, all, away);
    }),
    { numRuns: 300 },
  );
});

test('step by step it comes to the same, in whatever order it comes', () => {
  const arrived = fc
    .tuple(steps, aways, fc.boolean())
    .map(([all, away, isLogged]) => [...watched(all, away), ...(isLogged ? audited(all) : [])])
    .chain(shuffledWithRepeats);
  fc.assert(
    fc.property(arrived, (changes) => {
      let [tail, versions]: [typeof NEW_KEY, readonly Version[]] = [NEW_KEY, []];
      const known = new Map<string, Change>();
      for (const change of changes) {
        if (known.has(change.id)) continue;
        known.set(change.id, change);
        const on = foldOn(tail, [change]);
        const fold = on ?? foldWhole([...known.values()]);
        versions = on ? [...versions.slice(0, -1), ...on.versions] : fold.versions;
        ({ tail } = fold);
      }
      expect(versions).toEqual(foldKey([...known.values()]));
    }),
    { numRuns: 300 },
  );
});

/** A policy that was made at 10 s and deleted at 100 s, of which a watch told at 160 s that it was gone, and was heard of last at 60 s. */
const [MADE, DELETED]: readonly [Step, Step] = [
  { at: 10 * SECOND, what: 'created', uid: 'u', label: 'x' },
  { at: 100 * SECOND, what: 'deleted', uid: 'u', label: 'x' },
];
const AWAY = [{ start: 60 * SECOND, end: 160 * SECOND }];

test.each([
  ['nothing else', [], 60],
  [
    'that it was read meanwhile',
    [{ ...audited([MADE])[0]!, id: 'r', eventId: 'a.get.b', receivedAt: 80 * SECOND, at: 81 * SECOND }],
    80,
  ],
  ['the audit event', audited([MADE, DELETED]).slice(1), undefined],
  [
    'the audit event that says the name alone',
    audited([MADE, DELETED])
      .slice(1)
      .map(({ uid: _, ...change }) => change),
    undefined,
  ],
] as const)('of a deletion that is told late, beside %s', (_, beside, openFrom) => {
  const versions = foldKey([...watched([MADE, DELETED], AWAY), ...beside]);
  expect(versions.map(({ validFrom, validTo, doubt }) => [validFrom, validTo, doubt?.may])).toEqual(
    openFrom === undefined
      ? [[10 * SECOND + SECOND / 10, 100 * SECOND, undefined]]
      : [
          [10 * SECOND + SECOND / 10, openFrom * SECOND, undefined],
          [openFrom * SECOND, 160 * SECOND, 'be-gone'],
        ],
  );
});

test('of two versions that a watch told together, the older one was not there since before that', () => {
  const [made, written] = [
    { at: 100 * SECOND, what: 'created', uid: 'u', label: 'x' },
    { at: 101 * SECOND, what: 'written', uid: 'u', label: 'y' },
  ] as const;
  const all = [made, written];
  const together = watched(all, []).map((change) => ({
    ...change,
    receivedAt: 97 * SECOND,
    at: 101 * SECOND + SECOND / 10,
  }));
  // The first was answered long after the second.
  const log = audited(all).map((change, i) => (i === 0 ? { ...change, at: 103 * SECOND } : change));
  const [first] = foldKey([...together, ...log]);
  expect(first?.validFrom).toBeGreaterThanOrEqual(100 * SECOND - SECOND / 100);
});
