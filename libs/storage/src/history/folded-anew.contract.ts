import { describe, expect, test } from 'vitest';
import { namespaces, story } from '../testing/changes.ts';
import { collect } from '../testing/collect.ts';
import { expectedVersions } from './history.contract.ts';
import type { History } from './history.ts';

const EVER = { start: 0, end: 2 ** 52 };

/** A history whose versions may be made what another release, which folded otherwise, would have left. */
export interface OfOtherFold {
  readonly history: History;
  /** The first versions of these names have no end any more, and nothing says by which folding they were made. Gives the history as a process sees it that begins then. */
  readonly spoil: (names: readonly string[]) => Promise<History>;
}

/** What every history must do about versions that another release folded. */
export function foldedAnewContract(name: string, open: () => Promise<OfOtherFold>) {
  describe(`versions of another folding: ${name}`, () => {
    const changes = [...namespaces(), ...story({ seed: 3, changes: 200, keys: 8 })];
    const spoiled = ['pod-0', 'pod-3', 'pod-5'];

    test('are folded anew, and nothing else is', async () => {
      const { history, spoil } = await open();
      await history.append(changes);
      const opened = await spoil(spoiled);
      expect(await collect(opened.versions(EVER))).not.toEqual(expectedVersions(changes));
      expect(await opened.foldAnew(new AbortController().signal)).toBe(spoiled.length);
      expect(await collect(opened.versions(EVER))).toEqual(expectedVersions(changes));
      expect(await opened.foldAnew(new AbortController().signal)).toBe(0);
    });

    test('are not gone on from', async () => {
      const { history, spoil } = await open();
      const [last, ...before] = [...changes].reverse();
      await history.append(before);
      const opened = await spoil([last!.name]);
      await opened.append([last!]);
      expect(await collect(opened.versions(EVER))).toEqual(expectedVersions(changes));
    });
  });
}
