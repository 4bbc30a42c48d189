import { signingKey, verifierKeyText } from '@margay/ledger';
import { expect, test } from 'vitest';
import { cellsSetting, elsewhere, pageIn } from './cells.ts';

const keyOf = (name: string, use: 'log' | 'witness' = 'log') =>
  verifierKeyText(signingKey(`margay.example/${name}`, new Uint8Array(32).fill(1), use));
const cell = (name: string, ...clusters: readonly object[]) => ({
  name,
  api: `https://${name}.example/`,
  clusters,
});
const cluster = (name: string, key = keyOf(name)) => ({ name, keys: [key] });
const problemsOf = (cells: unknown): string =>
  cellsSetting()
    .safeParse(typeof cells === 'string' ? cells : JSON.stringify(cells))
    .error?.issues.map(({ message }) => message)
    .join('; ') ?? '';

test('cells give the clusters that they tell of', () => {
  const watched = cellsSetting().parse(
    JSON.stringify([cell('eu', cluster('a'), cluster('b')), cell('us', cluster('c'))]),
  );
  expect(watched.map(({ cell: of, cluster: name, api, keys }) => [of, name, api, keys.length])).toEqual([
    ['eu', 'a', 'https://eu.example', 1],
    ['eu', 'b', 'https://eu.example', 1],
    ['us', 'c', 'https://us.example', 1],
  ]);
});

test.each<[cells: unknown, problem: RegExp]>([
  ['[', /it is no JSON/],
  [[], /all of it: /],
  [[{ ...cell('eu', cluster('a')), apis: [] }], /\[0\]: .*apis/],
  [[cell('eu', { name: 'a', keys: [] })], /\[0\]\.clusters\[0\]\.keys: /],
  [[cell('eu', cluster('a', 'none'))], /\[0\]\.clusters\[0\]\.keys\[0\]: /],
  [[cell('eu', cluster('a', keyOf('a', 'witness')))], /the key of a witness/],
  [[cell('eu', cluster('a b', keyOf('a')))], /letters, digits, dots and dashes/],
  [
    [cell('eu', cluster('a')), cell('us', cluster('a', keyOf('b')))],
    /the cluster a is in the cells eu and us/,
  ],
  [[cell('eu', cluster('a'), cluster('b', keyOf('a')))], /the clusters a and b have keys of one log/],
  [
    [cell('eu', { ...cluster('a'), uid: 'F00d' }), cell('us', { ...cluster('b'), uid: 'f00D' })],
    /the clusters a and b have one uid, f00d/,
  ],
  [[cell('eu', { ...cluster('a'), uid: 'no uid' })], /\[0\]\.clusters\[0\]\.uid: it is no uid/],
])('%j is refused', (cells, problem) => {
  expect(problemsOf(cells)).toMatch(problem);
});

test('what is elsewhere is at the same path, of the cluster by its name', () => {
  const at = { cell: 'eu', api: 'https://eu.example/margay' };
  expect(elsewhere(at, 'a', '/api/v1/state?at=1').headers['link']).toBe(
    '<https://eu.example/margay/api/v1/state?at=1&cluster=a>; rel="alternate"',
  );
  expect(pageIn(at, 'a', 'daily/1 2')).toBe('https://eu.example/margay/?cluster=a#/runs/daily%2F1%202');
});
