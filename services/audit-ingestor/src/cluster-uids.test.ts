import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_OBJECT, type Change } from '@margay/history';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ClusterUids } from './cluster-uids.ts';

const first = (uid: string) => [{ ...FIRST_OBJECT, what: 'present', uid } as unknown as Change];

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-uids-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the uid of a cluster is known from what its sources show, and after a start again', () => {
  const folder = ownFolder();
  const uids = new ClusterUids(folder);
  expect(uids.of('a', 'log', [])).toBeUndefined();
  expect(uids.of('a', 'log', first('1'))).toBe('1');
  // What others show says nothing of it.
  expect(uids.of('a', 'other log', [])).toBeUndefined();
  expect(uids.of('b', 'log', [])).toBeUndefined();
  expect(new ClusterUids(folder).of('a', 'log', [])).toBe('1');
  // Another cluster behind a source: what that brings is the other one's, and nothing else.
  expect(uids.of('a', 'other log', first('2'))).toBe('2');
  expect([uids.of('a', 'log', []), uids.of('a', 'other log', [])]).toEqual(['1', '2']);
  // Of which of the two one is that showed nothing, nobody knows but who set it up. What a source showed counts more.
  expect(new ClusterUids(folder).of('a', 'third log', [])).toBeUndefined();
  const told = new ClusterUids(folder, new Map([['a', '3']]));
  expect(['log', 'other log', 'third log'].map((log) => told.of('a', log, []))).toEqual(['1', '2', '3']);
  writeFileSync(join(folder, 'cluster-uids.json'), '{"a":');
  expect(new ClusterUids(folder).of('a', 'log', [])).toBeUndefined();
});

/** A source brings something, and may show a uid; the process may have begun anew before. */
const steps = (uids: readonly string[]) =>
  fc.array(
    fc.record({
      source: fc.constantFrom('log', 'other log', 'watch'),
      uid: fc.option(fc.constantFrom(...uids), { nil: undefined }),
      isStart: fc.boolean(),
    }),
    { maxLength: 12 },
  );

test('what a source showed last is what it is of, wherever the process begins anew and whatever others showed', () => {
  fc.assert(
    fc.property(steps(['1', '2']), fc.constantFrom(undefined, '1', '2'), (all, said) => {
      const folder = ownFolder();
      const begin = () => new ClusterUids(folder, new Map(said === undefined ? [] : [['a', said]]));
      let uids = begin();
      const shown = new Map<string, string>();
      for (const { source, uid, isStart } of all) {
        if (isStart) uids = begin();
        if (uid !== undefined) shown.set(source, uid);
        const found = uids.of('a', source, uid === undefined ? [] : first(uid));
        if (shown.has(source)) expect(found).toBe(shown.get(source));
      }
    }),
    { numRuns: 60 },
  );
});

test('of one cluster the same is known with and without starts, of all sources', () => {
  fc.assert(
    fc.property(steps(['1']), (all) => {
      const folder = ownFolder();
      const whole = new ClusterUids();
      let uids = new ClusterUids(folder);
      for (const { source, uid, isStart } of all) {
        if (isStart) uids = new ClusterUids(folder);
        const changes = uid === undefined ? [] : first(uid);
        expect(uids.of('a', source, changes)).toBe(whole.of('a', source, changes));
      }
    }),
    { numRuns: 60 },
  );
});

test('of what a former release remembered counts what a source of a name showed, and nothing that some source did', () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'cluster-uids.json'), '{"a":"1","a audit.log":"2"}');
  const uids = new ClusterUids(folder);
  const log = 'audit.log@0123456789abcdef';
  expect(['webhook:kube-1', log].map((source) => uids.of('a', source, []))).toEqual([undefined, '2']);
  expect(uids.of('a', log, first('3'))).toBe('3');
  // A file that rotation left is the same log; another file of its name is another one.
  const others = [`${log}#2`, 'audit.log@fedcba9876543210'];
  expect(others.map((source) => new ClusterUids(folder).of('a', source, []))).toEqual(['3', '2']);
});

test('all that one watches is of one cluster, whichever kind shows it', () => {
  const uids = new ClusterUids();
  uids.of('a', 'watch/namespaces@margay-0', first('1'));
  expect(uids.of('a', 'watch/pods@margay-0', [])).toBe('1');
});

test('one that cannot be remembered is told with its file, and written when it comes again', () => {
  const folder = join(ownFolder(), 'positions');
  const file = join(folder, 'cluster-uids.json');
  const uids = new ClusterUids(folder);
  writeFileSync(folder, 'no folder');
  expect(() => uids.of('a', 'log', first('1'))).toThrow(`The uids of clusters cannot be kept in ${file}: `);
  rmSync(folder);
  expect(uids.of('a', 'log', first('1'))).toBe('1');
  expect(new ClusterUids(folder).of('a', 'log', [])).toBe('1');
});

test('what is remembered is for its owner only, under any umask', () => {
  const folder = join(ownFolder(), 'positions');
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
  new ClusterUids(folder).of('a', 'log', first('1'));
  const modes = [folder, join(folder, 'cluster-uids.json')].map((path) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600]);
});
