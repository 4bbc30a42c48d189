import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_OBJECT, type Change } from '@margay/history';
import { expect, onTestFinished, test } from 'vitest';
import { ClusterUids } from './cluster-uids.ts';

const first = (uid: string) => [{ ...FIRST_OBJECT, uid } as unknown as Change];

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
  expect(uids.of('a', 'other log', [])).toBe('1');
  expect(uids.of('b', 'log', [])).toBeUndefined();
  expect(new ClusterUids(folder).of('a', 'log', [])).toBe('1');
  // Another cluster behind a source: what that brings is the other one's, and nothing else.
  expect(uids.of('a', 'other log', first('2'))).toBe('2');
  expect([uids.of('a', 'log', []), uids.of('a', 'other log', [])]).toEqual(['1', '2']);
  // Who set it up said it: that counts for sources that showed nothing themselves.
  const told = new ClusterUids(folder, new Map([['a', '3']]));
  expect(told.of('a', 'log', [])).toBe('3');
  expect(told.of('a', 'other log', first('2'))).toBe('2');
  expect(told.of('a', 'log', [])).toBe('3');
  writeFileSync(join(folder, 'cluster-uids.json'), '{"a":');
  expect(new ClusterUids(folder).of('a', 'log', [])).toBeUndefined();
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
