import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSelector } from '../index.ts';
import { selectorText } from '../testing/arbitrary.ts';
import { coverOf } from './cover.ts';
import { type Entry, type LabelGroup } from './label-group.ts';
import { End } from './links.ts';
import { SelectorIndex } from './selector-index.ts';

test('both ends of a relation always agree', () => {
  const owners = fc.nat({ max: 4 });
  const steps = fc.array(fc.tuple(fc.constantFrom('link', 'link', 'unlink', 'clear'), owners, owners), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const left = [0, 1, 2, 3, 4].map((i) => new End<number, string>(i));
      const right = ['0', '1', '2', '3', '4'].map((name) => new End<string, number>(name));
      const model = new Set<string>();
      for (const [what, i, j] of all) {
        const a = left[i] as End<number, string>;
        const b = right[j] as End<string, number>;
        if (what === 'link' && !model.has(`${i}${j}`)) {
          a.link(b);
          model.add(`${i}${j}`);
        } else if (what === 'unlink') {
          const at = b.others.indexOf(a);
          if (at >= 0) b.unlinkAt(at);
          model.delete(`${i}${j}`);
        } else if (what === 'clear') {
          a.clear();
          for (const pair of model) if (pair.startsWith(`${i}`)) model.delete(pair);
        }
      }
      expect(left.flatMap((a) => a.others.map((b) => `${a.owner}${b.owner}`)).sort()).toEqual(
        [...model].sort(),
      );
      expect(right.flatMap((b) => b.others.map((a) => `${a.owner}${b.owner}`)).sort()).toEqual(
        [...model].sort(),
      );
    }),
  );
});

test('a cover has a term of everything that matches, whatever terms cost', () => {
  const labels = fc.dictionary(
    fc.constantFrom('app', 'tier', 'env', 'pcns.env'),
    fc.constantFrom('x', 'y', ''),
  );
  fc.assert(
    fc.property(selectorText, labels, fc.infiniteStream(fc.nat(9)), (text, record, costs) => {
      const selector = parseSelector(text);
      const cover = coverOf(selector.expression, () => costs.next().value);
      if (cover === undefined || !selector.matchesRecord(record)) return;
      const has = ({ label, value }: { label: string; value: string | undefined }) =>
        Object.hasOwn(record, label) && (value === undefined || record[label] === value);
      expect(cover.some(has)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ["a == '1' && has(b)", 'b', 'the rarer one'],
  ["a == '1' || b == '2'", 'a=1 b=2', 'filed under both'],
  ["!(a != '1' || b != '2')", 'b=2', 'negations are looked through'],
  ["a in {'1', '2'}", 'a=1 a=2', ''],
  ["a in {'1'} && a != '1'", 'a=1', ''],
  ['!all()', '', 'matches nothing'],
])('%s is looked for under: %s %s', (text, expected) => {
  const cover = coverOf(parseSelector(text).expression, (label) => (label === 'a' ? 100 : 1));
  expect(
    cover?.map(({ label, value }) => (value === undefined ? label : `${label}=${value}`)).join(' '),
  ).toBe(expected);
});

test.each(['all()', '!has(a)', "a != '1'", "a == '1' || !has(b)"])(
  '%s must be tried on everything',
  (text) => {
    expect(coverOf(parseSelector(text).expression, () => 1)).toBeUndefined();
  },
);

type Group = LabelGroup<string, string>;
const item = (labels: Record<string, string>) => ({
  own: new Map(Object.entries(labels)),
  parents: [],
  namespace: '',
  serviceAccount: '',
});
const matched = (entry: Entry<string, string>) =>
  entry.groups.others.flatMap(({ owner }) => [...owner.members]).sort();

test('matches start and stop once each', () => {
  const told: string[] = [];
  const name = (group: Group, entry: Entry<string, string>) =>
    `${[...group.members].join()} ${entry.selector.canonical}`;
  const index: SelectorIndex<string, string> = new SelectorIndex((group, entry) =>
    told.push(name(group, entry)),
  );
  index.use(parseSelector('has(a)'), 'p');
  const group = index.group('x', item({ a: '1' }));
  group.members.add('e');
  index.use(parseSelector('has( a )'), 'q');
  index.settle();
  index.settle();
  expect(told).toEqual(['e has(a)']);
  index.leave(group, 'e');
  expect(told).toEqual(['e has(a)', ' has(a)']);
});

test('a selector filed before anything was seen finds a better place, and stays right', () => {
  const index: SelectorIndex<string, string> = new SelectorIndex(() => {});
  const entries = Array.from({ length: 20 }, (_, i) =>
    index.use(parseSelector(`has(common) && rare == '${i}'`), `${i}`),
  );
  index.settle();
  for (let i = 0; i < 2_000; i++) {
    index.group('x', item({ common: '', own: `${i}`, rare: `${i % 40}` })).members.add(`${i}`);
    if (i % 100 === 0) index.settle();
  }
  index.settle();
  expect(entries.map((entry) => matched(entry).length)).toEqual(entries.map(() => 50));
  expect(entries.every((entry) => entry.cover?.[0]?.label === 'rare')).toBe(true);
});
