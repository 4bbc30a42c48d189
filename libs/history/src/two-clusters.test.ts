import { MINUTE, SECOND } from '@margay/ground';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { memoryHistory } from './memory.ts';
import { readLine } from './index.ts';
import { recordedLines } from './testing/recordings.ts';
import {
  type Act,
  acts,
  copied,
  EMPTY,
  live,
  restoredByWrongClock,
  restoredOften,
} from './testing/copies.ts';
import {
  CLOCKS_APART_MAX,
  copyEnded,
  numberedSight,
  type NumberedSight,
  twoClustersIn,
} from './two-clusters.ts';

/** Every pair of sights, asked one by one whether the rule holds: what the sweep over them must find. */
function isProven(changes: readonly Change[]): boolean {
  const sights = changes.flatMap((change) => numberedSight(change) ?? []);
  const gap = CLOCKS_APART_MAX;
  const births = sights.filter(({ created }) => created);
  const isGivenTwice = (birth: NumberedSight) =>
    sights.some(
      ({ resourceVersion, uid, at }) =>
        resourceVersion === birth.resourceVersion && uid !== birth.uid && at + gap < birth.receivedAt,
    );
  const writes = sights.filter(({ written }) => written);
  return births
    .filter(isGivenTwice)
    .some((birth) =>
      births
        .filter(
          (by) =>
            by.resource === birth.resource &&
            Number(by.resourceVersion) > Number(birth.resourceVersion) &&
            by.at + gap < birth.receivedAt,
        )
        .some((by) =>
          writes.some(
            (written) =>
              written.uid === by.uid &&
              Number(written.resourceVersion) > Number(by.resourceVersion) &&
              birth.at + gap < written.receivedAt &&
              writes.some(
                ({ resourceVersion, uid, at }) =>
                  resourceVersion === written.resourceVersion && uid !== written.uid && at > written.at,
              ),
          ),
        ),
    );
}

describe('two clusters under one name', () => {
  test('a cluster and its copy: told from the first creation of the copy on that something outlives', () => {
    // The original: 101 to 106; its copy was made at 102.
    const act = (what: 'create' | 'update' | 'list', after: number, which = 0) =>
      ({ what, after: after * 10, kind: 'pods', which }) as const;
    const begin = 1_000 * MINUTE;
    const { told: original, states } = live('a', EMPTY, begin, [
      act('create', 60),
      act('create', 60),
      act('create', 60),
      act('create', 60),
      act('update', 600, 3),
    ]);
    const { told: copy } = live('b', states[2]!.store, begin + 300 * SECOND, [
      act('create', 60),
      act('update', 60),
      act('update', 600),
    ]);
    expect(twoClustersIn(original)).toBeUndefined();
    expect(twoClustersIn(copy)).toBeUndefined();
    const doubt = twoClustersIn([...original, ...copy]);
    expect(doubt).toMatchObject({ receivedAt: begin + 360 * SECOND - 1_000, resource: '', name: '' });
    expect(doubt?.doubt?.message).toContain(
      'pods shop/a2 (uid uid-a-60000000000-2) and pods shop/b0 (uid uid-b-60300000000-0) both have the resourceVersion 103, which one store gives once; pods shop/a3 (uid uid-a-60000000000-3), created before that with 104, was written with 105 afterwards, as nothing is after a restore; and pods shop/a0 (uid uid-a-60000000000-0) was given that number once more',
    );
  });

  test.each([
    ['clocks half a minute apart', restoredOften],
    ['clocks of which one is an hour off', restoredByWrongClock],
  ])(
    'one cluster never is taken for two, though its store is restored or moved, whatever stale caches show: by %s',
    (_, often) => {
      fc.assert(
        fc.property(often, (told) => {
          expect(twoClustersIn(told)).toBeUndefined();
        }),
        { numRuns: 1_000 },
      );
    },
  );

  test('nor is one whose kinds are in stores of their own, where numbers meet all the time', () => {
    const ofKind = (kind: Act['kind']) =>
      restoredOften.map((told) =>
        told
          .filter(({ resource }) => resource === kind)
          .map((change) => ({ ...change, uid: `${change.uid} of ${kind}` })),
      );
    fc.assert(
      fc.property(ofKind('pods'), ofKind('services'), ofKind('networkpolicies'), (...stores) => {
        expect(twoClustersIn(stores.flat())).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('two are found where they gave numbers in turns, never before the copy began', () => {
    let found = 0;
    fc.assert(
      fc.property(copied, ({ original, copy, begun }) => {
        const all = [...original, ...copy];
        const doubt = twoClustersIn(all);
        expect(doubt !== undefined).toBe(isProven(all));
        if (doubt === undefined) return;
        found++;
        expect(doubt.receivedAt).toBeGreaterThanOrEqual(begun);
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(5);
  });

  test('the order in which changes come and repeats say nothing', () => {
    const shuffled = copied.chain(({ original, copy }) => {
      const all = [...original, ...copy];
      return fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }));
    });
    fc.assert(
      fc.property(shuffled, ([all, again]) => {
        expect(twoClustersIn(again)).toEqual(twoClustersIn(all));
      }),
    );
  });

  test('the history has the doubt, about everything and for good', () => {
    const [original, copy] = fc
      .sample(
        copied.filter(({ original: a, copy: b }) => isProven([...a, ...b])),
        { numRuns: 1, seed: 5 },
      )
      .map(({ original: a, copy: b }) => [a, b] as const)[0]!;
    const history = memoryHistory();
    history.add([...original, ...copy]);
    const wide = history.versions().filter(({ doubt }) => doubt?.reason === 'two-clusters');
    expect(wide).toEqual([expect.objectContaining({ group: '', resource: '', name: '' })]);
    expect(wide[0]).not.toHaveProperty('validTo');
  });

  describe('where somebody says that the copy was ended', () => {
    /** A cluster and its copy, what was said when both had gone on for a while, and what each would tell afterwards. */
    const ended = fc
      .tuple(acts(150), fc.nat(60), acts(150), acts(120), acts(120))
      .map(([done, at, other, ...goOn]) => {
        const original = live('a', EMPTY, 1_000 * MINUTE, done);
        const { store, at: begun } = original.states[Math.min(at, original.states.length - 1)]!;
        const copy = live('b', store, begun, other);
        const [last, lastOfCopy] = [original.states.at(-1)!, copy.states.at(-1)!];
        const said = Math.max(last.at, lastOfCopy.at) + MINUTE;
        const end = copyEnded({ by: 'ann', because: 'it was shut down', said });
        const [own, others] = [last, lastOfCopy].map(
          ({ store: from }, i) => live('ab'[i]!, from, end.at + SECOND, goOn[i]!).told,
        ) as [Change[], Change[]];
        return { before: [...original.told, ...copy.told], end, own, others };
      });
    const found = (changes: readonly Change[]) => {
      const history = memoryHistory();
      history.add(changes);
      return history.versions().filter(({ doubt }) => doubt?.reason === 'two-clusters');
    };

    test('whichever goes on alone is one cluster from then on, and what was in doubt before stays so', () => {
      let proven = 0;
      fc.assert(
        fc.property(ended, fc.boolean(), ({ before, end, own, others }, isOwn) => {
          const then = found([...before, end, ...(isOwn ? own : others)]);
          const [two] = found(before);
          if (two !== undefined) proven++;
          // What comes later may show that there had been two before, or earlier than was known.
          expect(then.map(({ validTo }) => validTo)).toEqual(then.map(() => end.at));
          if (two !== undefined) expect(then[0]!.validFrom).toBeLessThanOrEqual(two.validFrom);
        }),
        { numRuns: 200 },
      );
      expect(proven).toBeGreaterThan(10);
    });

    test('a copy that goes on all the same is found again, as where nothing had been before', () => {
      let again = 0;
      fc.assert(
        fc.property(ended, ({ before, end, own, others }) => {
          const later = found([...before, end, ...own, ...others]).filter(
            ({ validFrom }) => validFrom >= end.at,
          );
          expect(later.length > 0).toBe(isProven([...own, ...others]));
          again += later.length;
        }),
        { numRuns: 200 },
      );
      expect(again).toBeGreaterThan(2);
    });

    test('what was seen before is open until it is seen again, and who said so, when and why stands with it', () => {
      const { before, end } = fc.sample(
        ended.filter(({ before: told }) => found(told).length > 0),
        { numRuns: 1, seed: 3 },
      )[0]!;
      const history = memoryHistory();
      history.add([...before, end]);
      const [left] = history.versions().filter(({ doubt }) => doubt?.reason === 'copy-ended');
      expect(left).toMatchObject({
        validFrom: end.at,
        name: '',
        doubt: { may: 'be-anything', answeredAt: end.at },
      });
      expect(left).not.toHaveProperty('validTo');
      expect(left?.doubt?.message).toMatch(/^ann said at 1970-.*: it was shut down\. What was seen before/);
    });
  });

  test('of kinds that Calico’s API server may keep in a store of its own numbers say nothing', () => {
    const both = fc.sample(
      copied.filter(({ original, copy }) => isProven([...original, ...copy])),
      {
        numRuns: 20,
        seed: 6,
      },
    );
    for (const { original, copy } of both) {
      const ofCalico = [...original, ...copy].map((change) => ({
        ...change,
        group: 'projectcalico.org',
        resource: 'networkpolicies',
      }));
      expect(twoClustersIn(ofCalico)).toBeUndefined();
    }
  });

  test('one write that several tell, in whatever form, is one', () => {
    fc.assert(
      fc.property(acts(60), (done) => {
        const { told } = live('a', EMPTY, 1_000 * MINUTE, done);
        const again = told.map((change) => ({
          ...change,
          id: `${change.id}/watch`,
          at: change.at + 20 * SECOND,
          content: { apiVersion: 'extensions/v1beta1', kind: 'Other', metadata: { name: change.name } },
          origin: { source: 'watch', position: 1 },
        }));
        expect(twoClustersIn([...told, ...again])).toBeUndefined();
      }),
    );
  });
});

describe('recorded clusters', () => {
  const toldIn = (path: string): Change[] =>
    recordedLines(path).flatMap((line, position) =>
      readLine(line, { source: 'log', position }).flatMap((reading) =>
        reading.kind === 'changes' ? reading.changes : [],
      ),
    );

  test.each(['cluster-a/audit.jsonl.gz', 'audit-cases/real-audit.jsonl.gz'])('%s is told by one', (path) => {
    const told = toldIn(path);
    expect(told.length).toBeGreaterThan(1_000);
    expect(twoClustersIn(told)).toBeUndefined();
  });

  test('two API servers over one etcd, which was copied between: each alone is one, both are two', () => {
    const [original, copy] = ['original', 'copy'].map((name) => toldIn(`copied/${name}.jsonl.gz`));
    expect(twoClustersIn(original!)).toBeUndefined();
    expect(twoClustersIn(copy!)).toBeUndefined();
    const doubt = twoClustersIn([...original!, ...copy!]);
    const first = copy!.find(({ name }) => name === 'second-1');
    expect(doubt).toMatchObject({ receivedAt: first!.receivedAt });
  });

  test('a recorded cluster and a copy that does the same later are two', () => {
    const told = toldIn('cluster-a/audit.jsonl.gz');
    const times = told.map(({ at }) => at).sort((a, b) => a - b);
    const snapshot = times[Math.floor(times.length / 3)]!;
    const known = new Set(told.filter(({ at }) => at <= snapshot).map(({ uid }) => uid));
    const late = (times.at(-1)! - snapshot) / 3;
    const copy = told
      .filter(({ receivedAt }) => receivedAt > snapshot)
      .map((change) => ({
        ...change,
        id: `copy ${change.id}`,
        at: change.at + late,
        receivedAt: change.receivedAt + late,
        ...(change.uid !== undefined && {
          uid: known.has(change.uid) ? change.uid : `copy-${change.uid}`,
        }),
      }));
    expect(twoClustersIn(copy)).toBeUndefined();
    const doubt = twoClustersIn([...told, ...copy]);
    expect(doubt?.receivedAt).toBeGreaterThan(snapshot + late);
    expect(doubt?.receivedAt).toBeLessThan(times.at(-1)!);
  });
});
