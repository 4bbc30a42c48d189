import type { Window } from '@margay/ground';
import { overlapping, type Version } from '@margay/history';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';
import { namespaces, story, STORY_START } from '../testing/changes.ts';
import { collect } from '../testing/collect.ts';
import { expectedVersions } from './history.contract.ts';

const EVER = { start: 0, end: 2 ** 52 };
const SECOND = 1_000_000;

/** Stores whose versions may be made what another release, which folded otherwise, would have left. */
export interface OfOtherFold {
  readonly stores: Stores;
  /**
   * The first versions of these names have no end any more, and nothing says by which folding they were made. Gives the stores as a process
   * sees them that begins then.
   */
  readonly spoil: (names: readonly string[]) => Promise<Stores>;
  /** Nothing says by which folding the versions of these names were made, which stay as they are. */
  readonly forget: (names: readonly string[]) => Promise<Stores>;
}

/** The names of which a report over the window is told something else: what ends behind it is current. */
function namesToldOtherwise(before: readonly Version[], after: readonly Version[], window: Window): string[] {
  const told = (versions: readonly Version[]) =>
    Map.groupBy(
      overlapping(versions, window).map(({ validTo, endedBy, ...version }) =>
        validTo !== undefined && validTo < window.end ? { ...version, validTo, endedBy } : version,
      ),
      ({ name }) => name,
    );
  const [then, now] = [told(before), told(after)];
  return [...new Set([...then.keys(), ...now.keys()])].filter(
    (name) => JSON.stringify(then.get(name)) !== JSON.stringify(now.get(name)),
  );
}

/** What every store must do about versions that another release folded. */
export function foldedAnewContract(name: string, open: () => Promise<OfOtherFold>) {
  describe(`versions of another folding: ${name}`, () => {
    const changes = [...namespaces(), ...story({ seed: 3, changes: 200, keys: 8 })];
    const spoiled = ['pod-0', 'pod-3', 'pod-5'];
    const windows = [0, 20, 50, 100, 150].flatMap((start) =>
      [1, 10, 60].map((length) => ({
        start: STORY_START + start * SECOND,
        end: STORY_START + (start + length) * SECOND,
      })),
    );
    const never = new AbortController().signal;

    /** Reports over all windows, whose evidence was read just now. */
    const reportsOf = async ({ windows: runs, arrivals }: Stores) => {
      const emitted = windows.map((window, i) => ({
        ...window,
        cluster: 'c',
        id: `r${i}`,
        reportName: 'daily',
        reportType: 'inventory',
        spec: {},
        manual: false,
      }));
      await runs.emit(emitted, STORY_START);
      const place = await arrivals.place();
      return windows.map((window) => ({ window, place }));
    };

    test('are folded anew, and nothing else is', async () => {
      const { stores, spoil } = await open();
      await stores.history.append(changes);
      const { history } = await spoil(spoiled);
      expect(await collect(history.versions(EVER))).not.toEqual(expectedVersions(changes));
      expect(await history.foldAnew(never)).toBe(spoiled.length);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(changes));
      expect(await history.foldAnew(never)).toBe(0);
    });

    test('are not gone on from', async () => {
      const { stores, spoil } = await open();
      const [last, ...before] = [...changes].reverse();
      await stores.history.append(before);
      const { history } = await spoil([last!.name]);
      await history.append([last!]);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(changes));
    });

    test('mark the reports that would be told something else by now, and no others', async () => {
      const { stores, spoil } = await open();
      await stores.history.append(changes);
      const { history, arrivals, ...others } = await spoil(spoiled);
      const reports = await reportsOf({ history, arrivals, ...others });
      const before = await collect(history.versions(EVER));
      await history.foldAnew(never);
      const after = await collect(history.versions(EVER));
      const wrong = windows.map((window) => namesToldOtherwise(before, after, window).length);
      expect(new Set(wrong).size).toBeGreaterThan(2);
      const told = await arrivals.later(reports);
      expect(told.map(({ derivedAnew }) => derivedAnew)).toEqual(wrong);
      expect(told.filter(({ events, flows, deliveries }) => events + flows + deliveries > 0)).toEqual([]);
      // Who reads now is told what is so.
      const [now] = await arrivals.later([{ window: EVER, place: await arrivals.place() }]);
      expect(now).toEqual({ events: 0, derivedAnew: 0, flows: 0, deliveries: 0 });
    });

    test('mark none where this folding says the same', async () => {
      const { stores, forget } = await open();
      await stores.history.append(changes);
      const { history, arrivals, ...others } = await forget(spoiled);
      const reports = await reportsOf({ history, arrivals, ...others });
      expect(await history.foldAnew(never)).toBe(spoiled.length);
      expect((await arrivals.later(reports)).map(({ derivedAnew }) => derivedAnew)).toEqual(
        windows.map(() => 0),
      );
    });

    test('are told apart from what a late change says', async () => {
      const { stores, spoil } = await open();
      const late = changes.findLast(({ name }) => name === 'pod-3')!;
      const rest = changes.filter((change) => change !== late);
      await stores.history.append(rest);
      const { history, arrivals, ...others } = await spoil(spoiled);
      const reports = await reportsOf({ history, arrivals, ...others });
      const before = await collect(history.versions(EVER));
      await history.append([late]);
      const told = await arrivals.later(reports);
      const wrong = windows.map((window) =>
        namesToldOtherwise(before, expectedVersions(rest), window).includes('pod-3') ? 1 : 0,
      );
      expect(told.map(({ derivedAnew }) => derivedAnew)).toEqual(wrong);
      expect(told.map(({ events }) => events)).toEqual(windows.map(({ end }) => (late.at < end ? 1 : 0)));
    });
  });
}
