import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '@margay/ground';
import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { FOLD, foldOn, foldWhole, NEW_KEY } from './key-fold.ts';
import type { Version } from './version.ts';
import { anyChanges, anyEpochs, anyFacts, shuffledWithRepeats } from './testing/histories.ts';
import { story, told } from './testing/stories.ts';

/** Cut into batches at the places given. */
const batches = (changes: readonly Change[], cuts: readonly number[]): Change[][] => {
  const bounds = [0, ...cuts.map((cut) => cut % (changes.length + 1)).sort((a, b) => a - b), changes.length];
  return bounds.slice(1).map((to, i) => changes.slice(bounds[i], to));
};

/** One name as a store keeps it: its changes, each id once, the versions that follow and the tail. */
function keptName() {
  const changes = new Map<string, Change>();
  let versions: readonly Version[] = [];
  let tail = NEW_KEY;
  return {
    changes: () => [...changes.values()],
    versions: () => versions,
    tail: () => tail,
    /** Adds what is not known yet; says whether it went on from the tail, or had to fold everything. */
    add(more: readonly Change[]): 'went on' | 'folded all' {
      const added: Change[] = [];
      for (const change of more) {
        if (changes.has(change.id)) continue;
        changes.set(change.id, change);
        added.push(change);
      }
      const on = foldOn(tail, added);
      if (on !== undefined) versions = [...versions.slice(0, -1), ...on.versions];
      const fold = on ?? foldWhole([...changes.values()]);
      if (on === undefined) ({ versions } = fold);
      ({ tail } = fold);
      return on === undefined ? 'folded all' : 'went on';
    },
  };
}

/** Holds after each batch; gives how often it went on, and how often it folded all. */
function expectSteps(steps: readonly (readonly Change[])[]): Record<'went on' | 'folded all', number> {
  const name = keptName();
  const times = { 'went on': 0, 'folded all': 0 };
  for (const step of steps) {
    times[name.add(step)]++;
    expect(name.versions()).toEqual(foldKey(name.changes()));
    expect(name.tail()).toEqual(foldWhole(name.changes()).tail);
  }
  return times;
}

test('step by step gives what folding everything gives, in whatever order and however often changes come', () => {
  const arrived = fc.oneof(anyChanges, anyEpochs).chain(shuffledWithRepeats);
  fc.assert(
    fc.property(arrived, fc.array(fc.nat(20), { maxLength: 6 }), (changes, cuts) => {
      expectSteps(batches(changes, cuts));
    }),
    { numRuns: 4_000 },
  );
});

test('where the counter went back, an object that only seemed to be gone is seen again', () => {
  const [first, then] = [
    '-B@30..32 +A~held@20..25#25 +B=z@30..33#13 -A@6..12 -B=z@19..23',
    'A=z@32..36#36',
  ].map((text, batch) =>
    story(text).map((change) => ({
      ...change,
      id: `${change.id} ${batch}`,
      at: change.at * 5 * SECOND,
      receivedAt: change.receivedAt * 5 * SECOND,
    })),
  );
  expect(expectSteps([first!, then!])).toEqual({ 'went on': 0, 'folded all': 2 });
});

test('so it does when they come mostly in order, one by one', () => {
  const inOrder = anyFacts.map((changes) => changes.toSorted((a, b) => a.at - b.at));
  const times = { 'went on': 0, 'folded all': 0 };
  fc.assert(
    fc.property(inOrder, (changes) => {
      const some = expectSteps(changes.map((change) => [change]));
      times['went on'] += some['went on'];
      times['folded all'] += some['folded all'];
    }),
    { numRuns: 4_000 },
  );
  // Otherwise this would be about foldWhole alone.
  expect(times['went on']).toBeGreaterThan(times['folded all'] / 4);
});

/** Any fact about one of three objects of one name, often but not always later than those before. */
const step = fc.record({
  uid: fc.constantFrom('a', 'b', 'c', undefined),
  gone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  later: fc.constantFrom(1, 1, 1, 1, 0, -2),
  newer: fc.constantFrom(2, 2, 2, 1, 0, -2),
  asked: fc.constantFrom(0, 1, 1, 3, 10),
  label: fc.constantFrom('x', 'y'),
  created: fc.boolean(),
  metadataOnly: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  specs: fc.constantFrom(0, 1, 1, 1, 1, 2),
  found: fc.constantFrom(undefined, 0, 0, 0, 1),
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
  /** By how much the generation went up. */
  readonly specs?: number;
  /** By how much the resourceVersion that the request had to find is above the last one told. */
  readonly found?: number | undefined;
}

const changesOf = (steps: readonly Step[]): Change[] => {
  let at = 100;
  let resourceVersion = 100;
  let generation = 0;
  return steps.flatMap((told, i): Change[] => {
    const { uid, gone, later, newer, asked, label, created, metadataOnly, specs, found } = told;
    const before = resourceVersion;
    generation += specs ?? 0;
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
        ...(specs !== undefined && { generation }),
        ...(found !== undefined && { basedOn: String(before + found) }),
      },
    ];
  });
};

test('so it does for clocks and counters that mostly go on, and sometimes stand or go back', () => {
  const times = { 'went on': 0, 'folded all': 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const some = expectSteps(changesOf(steps).map((change) => [change]));
      times['went on'] += some['went on'];
      times['folded all'] += some['folded all'];
    }),
    { numRuns: 5_000 },
  );
  // Another object of a name whose end nobody told needs all of them.
  expect(times['went on']).toBeGreaterThan(times['folded all'] / 5);
});

test('a sight that comes after the end that was the only sight so far takes its place', () => {
  const name = keptName();
  expect(name.add(story('-A=x@5..6'))).toBe('folded all');
  expect(told(name.versions())).toBe('?A=x[5,6)!');
  // Answered late by an API server whose clock is behind: the object was gone by then.
  expect(name.add(story('A=x@9#4'))).toBe('folded all');
  expect(told(name.versions())).toBe('');
  expect(name.add(story('+B=y@12'))).toBe('folded all');
  expect(told(name.versions())).toBe('B=y[12,)');
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
  const name = keptName();
  for (const change of changesOf(steps)) expect(name.add([change])).toBe('went on');
});

test('changes in order give no version but the last one anew', () => {
  const name = keptName();
  const stepped = (text: string) => {
    const before = name.versions();
    const how = name.add(story(text));
    const same = before.filter((version, i) => version === name.versions()[i]).length;
    return `${how}, ${same} of ${before.length} stay`;
  };
  expect(stepped('+A=x@1 A=y@2 A=z@3')).toBe('went on, 0 of 0 stay');
  expect(stepped('A=x@4 A=y@5')).toBe('went on, 2 of 3 stay');
  expect(stepped('-A@7')).toBe('went on, 4 of 5 stay');
  expect(stepped('+B=x@9')).toBe('went on, 5 of 5 stay');
  expect(stepped('B=y@8#8')).toMatch('folded all');
});

test('a hundred thousand changes in order take no longer, each, than a thousand', () => {
  const costOf = (n: number) => {
    const all = Array.from({ length: n }, (_, i) => story(`A=${i % 2 === 0 ? 'x' : 'y'}@${i + 1}`)[0]!).map(
      (change, i) => ({ ...change, id: `${i}` }),
    );
    let tail = NEW_KEY;
    let count = 0;
    const start = process.cpuUsage();
    for (let i = 0; i < n; i += 500) {
      const fold = foldOn(tail, all.slice(i, i + 500))!;
      count += fold.versions.length - (tail.last === undefined ? 0 : 1);
      ({ tail } = fold);
    }
    expect(count).toBe(n);
    return process.cpuUsage(start).user / n;
  };
  costOf(10_000);
  // Were it quadratic, it would be a hundred times as long.
  expect(costOf(100_000)).toBeLessThan(10 * costOf(10_000));
});

/** What comes of every history that the generators tell with one seed. Where the generators alone tell others, the digest alone is another one. */
const FOLDED = {
  fold: 6,
  digest: 'daa1a2f5d3e131f494c06d2d5a147c9ad32ef6bffb63d7398a64a02e678387aa',
};

test('what is folded otherwise has another number, by which stores fold anew what they have', () => {
  const histories = fc.sample(fc.oneof(anyChanges, anyEpochs, anyFacts), { seed: 20, numRuns: 2_000 });
  const digest = createHash('sha256');
  for (const changes of histories) digest.update(JSON.stringify(foldWhole(changes)));
  expect(
    { fold: FOLD, digest: digest.digest('hex') },
    'the same changes give another history: raise FOLD, and note both here',
  ).toEqual(FOLDED);
});
