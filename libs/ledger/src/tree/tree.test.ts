import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bundleAt,
  bundleOf,
  bundlePath,
  consistencyFrom,
  edgeOf,
  goesOnFrom,
  type Hash,
  includes,
  inclusionFrom,
  leafHash,
  rootFrom,
  tileAt,
  tilePath,
  type TreeHead,
} from '../index.ts';
import { entries, entry, logOf, MemoryLog } from '../testing/log.ts';
import { consistencyPath, inclusionPath, treeHash } from '../testing/rfc6962.ts';

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** The entries that implementations of RFC 6962 are tested with, and the roots of the first 1, 2, … of them. */
const KNOWN = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const KNOWN_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('roots are those that RFC 6962 makes', () => {
  const log = new MemoryLog();
  const roots = KNOWN.map((bytes) => hex(log.append([Uint8Array.from(Buffer.from(bytes, 'hex'))]).root));
  expect(roots).toEqual(KNOWN_ROOTS);
  expect(hex(new MemoryLog().root)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

/** Sizes at which tiles and trees become whole, and any others. */
const sizes = (max: number) =>
  fc.oneof(fc.constantFrom(1, 2, 3, 4, 7, 8, 9, 255, 256, 257, 511, 512, 513), fc.integer({ min: 1, max }));

test('batches of whatever size make the tree that the definition makes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 }), (batches) => {
      const log = new MemoryLog();
      for (const batch of batches) {
        log.append(Array.from({ length: batch }, (_, i) => entry(log.size + i)));
        expect(hex(log.root)).toBe(hex(treeHash(entries(log.size))));
        expect(hex(rootFrom(log.size).compute(log.read))).toBe(hex(log.root));
      }
    }),
    { numRuns: 30 },
  );
});

test('every proof is the one of the definition, and shows what it says', () => {
  fc.assert(
    fc.property(sizes(700), fc.nat(), fc.nat(), (size, i, m) => {
      const [index, older] = [i % size, m % (size + 1)];
      const [all, log] = [entries(size), logOf(size)];
      const inclusion = inclusionFrom(index, size).compute(log.read);
      expect(inclusion.map(hex)).toEqual(inclusionPath(index, all).map(hex));
      expect(includes(log, index, leafHash(entry(index)), inclusion)).toBe(true);

      const consistency = consistencyFrom(older, size).compute(log.read);
      expect(consistency.map(hex)).toEqual(consistencyPath(older, all).map(hex));
      expect(goesOnFrom({ size: older, root: treeHash(all.slice(0, older)) }, log, consistency)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

/** Every proof that is nearly the given one. */
function* nearly(proof: readonly Hash[]): Iterable<Hash[]> {
  for (const [i, hash] of proof.entries()) {
    for (const bit of [0, 100, 255]) {
      const flipped = hash.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      yield proof.with(i, flipped);
    }
    yield proof.toSpliced(i, 1);
    yield proof.toSpliced(i, 0, hash);
    yield proof.with(i, hash.slice(1));
  }
  yield [...proof, new Uint8Array(32)];
  yield [new Uint8Array(32), ...proof];
  if (proof.length > 1) yield proof.toReversed();
}

const flipped = (head: TreeHead, bit: number): TreeHead => {
  const root = head.root.slice();
  root[bit >> 3]! ^= 1 << (bit & 7);
  return { ...head, root };
};

describe('a proof that is wrong in anything is refused', () => {
  test('of inclusion', () => {
    fc.assert(
      fc.property(sizes(600), fc.nat(), fc.nat({ max: 255 }), (size, i, bit) => {
        const index = i % size;
        const log = logOf(size);
        const leaf = leafHash(entry(index));
        const proof = inclusionFrom(index, size).compute(log.read);
        for (const wrong of nearly(proof)) expect(includes(log, index, leaf, wrong)).toBe(false);
        for (const other of [index - 1, index + 1, size, -1, 0.5, NaN])
          if (other !== index) expect(includes(log, other, leaf, proof)).toBe(false);
        expect(includes(log, index, leafHash(entry(size)), proof)).toBe(false);
        expect(includes(flipped(log, bit), index, leaf, proof)).toBe(false);
        // The tree of another size has another way up, unless only its right edge is another.
        if (inclusionFrom(index, size + 1).tiles.length > 0 && index === size - 1)
          expect(includes({ size: size + 1, root: log.root }, index, leaf, proof)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test('of consistency', () => {
    fc.assert(
      fc.property(sizes(600), fc.nat(), fc.nat({ max: 255 }), (size, m, bit) => {
        const log = logOf(size);
        const older = logOf(1 + (m % size));
        const proof = consistencyFrom(older.size, size).compute(log.read);
        for (const wrong of nearly(proof)) expect(goesOnFrom(older, log, wrong)).toBe(false);
        expect(goesOnFrom(flipped(older, bit), log, proof)).toBe(false);
        expect(goesOnFrom(older, flipped(log, bit), proof)).toBe(false);
        if (older.size < size) expect(goesOnFrom(log, older, proof)).toBe(false);
        // Another history: one entry is another one.
        const forked = new MemoryLog().append(entries(older.size).with(m % older.size, entry(size)));
        expect(goesOnFrom(forked, log, proof)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test('a tree goes on from an empty one without proof, and only from that', () => {
    const [none, log] = [new MemoryLog(), logOf(5)];
    expect(goesOnFrom(none, log, [])).toBe(true);
    expect(goesOnFrom(none, log, [log.root])).toBe(false);
    expect(goesOnFrom({ size: 0, root: log.root }, log, [])).toBe(false);
    expect(goesOnFrom(log, log, [])).toBe(true);
    expect(goesOnFrom({ size: 2 ** 60, root: log.root }, { size: 2 ** 61, root: log.root }, [])).toBe(false);
  });
});

describe('tiles', () => {
  test('a log of 70,000 has those that the specification says', () => {
    expect(edgeOf(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(edgeOf(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(edgeOf(0)).toEqual([]);
  });

  test('ten million entries: a few tiles are enough to append and to prove', () => {
    const size = 10_000_000;
    expect(edgeOf(size).length).toBeLessThanOrEqual(3);
    for (const index of [0, 1_234_567, size - 1])
      expect(inclusionFrom(index, size).tiles.length).toBeLessThanOrEqual(6);
    expect(consistencyFrom(1_234_567, size).tiles.length).toBeLessThanOrEqual(6);
    expect(inclusionFrom(0, Number.MAX_SAFE_INTEGER).tiles.length).toBeLessThan(20);
  });

  test('what there is none of is refused', () => {
    expect(() => inclusionFrom(5, 5)).toThrow('There is no entry 5 in a log of 5.');
    expect(() => consistencyFrom(6, 5)).toThrow('A log of 5 entries does not go on from one of 6.');
  });

  test.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 2, index: 999, width: 5 }, 'tile/2/999.p/5'],
    [{ level: 63, index: 1_000, width: 255 }, 'tile/63/x001/000.p/255'],
  ])('%o is served at %s', (place, path) => {
    expect(tilePath(place)).toBe(path);
    expect(tileAt(path)).toEqual(place);
  });

  test.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/001',
    'tile/0/x001/x234',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/999',
    'tile/0/000.p/01',
    'tile/0/-01',
    'tile/0/../000',
    `tile/0/${'x999/'.repeat(6)}999`,
    'tile/entries/000',
    'checkpoint',
  ])('%s is no path of a tile', (path) => {
    expect(tileAt(path)).toBeUndefined();
  });

  test('entries stand in bundles, each after its length', () => {
    expect(bundlePath({ index: 1_001, width: 3 })).toBe('tile/entries/x001/001.p/3');
    expect(bundleAt('tile/entries/x001/001.p/3')).toEqual({ index: 1_001, width: 3 });
    expect(bundleAt('tile/0/000')).toBeUndefined();
    expect(hex(bundleOf([new Uint8Array(258).fill(7), Uint8Array.of(9)]))).toBe(
      `0102${'07'.repeat(258)}000109`,
    );
  });
});
