import { foldKey, type Change, type Version } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extended, NEW_KEY, tailOf, type KeyTail } from './key-tail.ts';

/** Any fact about one of three objects of one name, often but not always later than those before. */
const step = fc.record({
  uid: fc.constantFrom('a', 'b', 'c', undefined),
  gone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  later: fc.constantFrom(1, 1, 1, 1, 0, -2),
  newer: fc.constantFrom(1, 1, 1, 1, 0, -2),
  asked: fc.constantFrom(0, 1, 1, 3, 10),
  label: fc.constantFrom('x', 'y'),
  created: fc.boolean(),
  metadataOnly: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

interface Step {
  readonly uid: string | undefined;
  readonly gone: boolean;
  readonly later: number;
  readonly newer: number;
  readonly asked: number;
  readonly label: string;
  readonly created: boolean;
  readonly metadataOnly: boolean;
}

const changesOf = (steps: readonly Step[]): Change[] => {
  let at = 100;
  let resourceVersion = 100;
  return steps.flatMap(({ uid, gone, later, newer, asked, label, created, metadataOnly }, i): Change[] => {
    at += later;
    resourceVersion += newer;
    const about = { group: '', resource: 'pods', namespace: 'n', name: 'p' };
    const origin = { source: 's', position: i };
    const common = { id: `${i}`, eventId: `${i}`, ...about, at, receivedAt: at - asked, origin };
    if (gone || uid === undefined) return [{ ...common, what: 'gone', ...(uid !== undefined && { uid }) }];
    const content = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', uid, labels: { label } },
      ...(metadataOnly ? { metadataOnly: true } : { spec: { of: uid } }),
    };
    return [
      {
        ...common,
        what: 'present',
        uid,
        resourceVersion: String(resourceVersion),
        content,
        ...(created && { created }),
      },
    ];
  });
};

test('going on from the tail gives what folding everything gives', () => {
  let extensions = 0;
  let folds = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const changes = changesOf(steps);
      let tail: KeyTail = NEW_KEY;
      let versions: readonly Version[] = [];
      for (const [i, change] of changes.entries()) {
        const extension = extended(tail, change);
        const whole = foldKey(changes.slice(0, i + 1));
        if (extension === undefined) {
          folds++;
          versions = whole;
          tail = tailOf(changes.slice(0, i + 1), whole);
        } else {
          extensions++;
          versions = [...versions.slice(0, -1), ...extension.versions];
          ({ tail } = extension);
          expect(versions).toEqual(whole);
          expect(tail).toEqual(tailOf(changes.slice(0, i + 1), whole));
        }
      }
    }),
    { numRuns: 5_000 },
  );
  expect(extensions).toBeGreaterThan(folds / 4);
});

test('a name that changes in order is never folded again', () => {
  const steps = Array.from({ length: 50 }, (_, i) => ({
    uid: i < 20 ? 'a' : 'b',
    gone: i === 19,
    later: 1,
    newer: 1,
    asked: 1,
    label: i % 3 === 0 ? 'x' : 'y',
    created: i === 0 || i === 20,
    metadataOnly: false,
  }));
  let tail = NEW_KEY;
  for (const change of changesOf(steps)) {
    const extension = extended(tail, change);
    expect(extension).toBeDefined();
    tail = extension?.tail ?? tail;
  }
});
