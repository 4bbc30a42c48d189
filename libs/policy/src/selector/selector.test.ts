import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isImpossible, parseSelector, selectorReport } from '../index.ts';
import { selectorText, selectorTold } from '../testing/arbitrary.ts';

type Labels = Record<string, string>;

describe('evaluation', () => {
  test.each<[string, boolean, boolean, boolean, string]>([
    // selector, absent, present with 's', present with ''
    ["k == 's'", false, true, false, ''],
    ["k == ''", false, false, true, 'an empty value is a value'],
    ["k != 's'", true, false, true, 'an absent label differs'],
    ["k in {'s', 't'}", false, true, false, ''],
    ['k in {}', false, false, false, 'nothing is in an empty set'],
    ["k not in {'s', 't'}", true, false, true, 'an absent label is in no set'],
    ['k not in {}', true, true, true, ''],
    ["k contains 's'", false, true, false, ''],
    ["k contains ''", false, true, true, 'any present value holds the empty text'],
    ["k starts with 's'", false, true, false, ''],
    ["k starts with ''", false, true, true, ''],
    ["k ends with 's'", false, true, false, ''],
    ["k ends with ''", false, true, true, ''],
    ['has(k)', false, true, true, ''],
    ['!has(k)', true, false, false, ''],
    ["!k == 's'", true, false, true, 'plain negation'],
    ['all()', true, true, true, ''],
    ['global()', true, true, true, 'everything, when merely evaluated'],
    ['', true, true, true, ''],
    ['!all()', false, false, false, ''],
    ["k == 'S'", false, false, false, 'case counts'],
  ])('%s: absent %s, s %s, empty %s %s', (text, absent, present, empty) => {
    const selector = parseSelector(text);
    expect(
      [{ other: 's' }, { k: 's' }, { k: '' }].map((labels) => selector.matchesRecord(labels as Labels)),
    ).toEqual([absent, present, empty]);
  });

  test('no Unicode normalisation', () => {
    expect(parseSelector("k == '\u00e9'").matchesRecord({ k: 'e\u0301' })).toBe(false);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is a label like any other',
    (name) => {
      const selector = parseSelector(`has(${name})`);
      expect(selector.matchesRecord({})).toBe(false);
      expect(selector.matchesRecord(JSON.parse(`{"${name}":"x"}`) as Labels)).toBe(true);
      expect(parseSelector(`${name} == 'x'`).matchesRecord(JSON.parse(`{"${name}":"x"}`) as Labels)).toBe(
        true,
      );
    },
  );

  test('is what was worked out beside it, for any selector and labels', () => {
    const labels = fc.dictionary(
      fc.constantFrom('app', 'tier', 'env', 'pcns.env'),
      fc.constantFrom('x', 'y', ''),
    );
    fc.assert(
      fc.property(selectorTold, labels, ({ text, holds }, record) => {
        expect(parseSelector(text).matchesRecord(record)).toBe(holds(new Map(Object.entries(record))));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('identity', () => {
  test('everything has the id that is known for it', () => {
    expect(parseSelector('').id).toBe('s:5y5I3VdRZfDU01O--xXAPx2yxCQQqMf0M6IWug');
    expect(parseSelector('all()').id).toBe(parseSelector(' ').id);
  });

  test.each(["a == 'b'", "a == '😀' && has(é)".replace('é', 'e'), "a == 'ÿ'"])('%s', (text) => {
    const { canonical, id } = parseSelector(text);
    expect(id).toBe(`s:${createHash('sha224').update(`s:${canonical}`).digest('base64url')}`);
  });

  test('equal texts up to spelling have one id', () => {
    expect(parseSelector(`a in {"y",'x'}`).id).toBe(parseSelector("( a in { 'x', 'y', 'x' } )").id);
    expect(parseSelector("a in {'x'}").id).not.toBe(parseSelector("a == 'x'").id);
  });
});

test.each([
  ["a == 'b' && !has(c)", '(pcns.a == "b" && !has(pcns.c))'],
  ["projectcalico.org/name in {'x'}", 'pcns.projectcalico.org/name in {"x"}'],
  ['all() || global()', '(all() || global())'],
  ["pcns.a == 'b'", 'pcns.pcns.a == "b"'],
])('%s over namespaces is %s over endpoints', (text, prefixed) => {
  expect(parseSelector(text).prefixed('pcns.').canonical).toBe(prefixed);
});

describe('label restrictions', () => {
  const shown = (text: string) =>
    [...parseSelector(text).restrictions]
      .map(([label, { present, absent, values }]) => {
        const what = [
          present && 'present',
          absent && 'absent',
          values && `{${[...values].sort().join(',')}}`,
        ];
        return `${label}: ${what.filter((part) => part !== false && part !== undefined).join(' ')}`;
      })
      .sort()
      .join('; ');

  test.each([
    ["a == '1'", 'a: present {1}', ''],
    ["a in {'1','2'}", 'a: present {1,2}', ''],
    ['a in {}', 'a: present', 'an empty set says present only'],
    ['has(a)', 'a: present', ''],
    ["a contains ''", 'a: present', ''],
    ["a starts with 'x'", 'a: present', ''],
    ["a ends with 'x'", 'a: present', ''],
    ['!has(a)', 'a: absent', ''],
    ['!(has(a))', 'a: absent', ''],
    ["!a == '1'", '', 'every other negation says nothing'],
    ["!a != '1'", '', ''],
    ['!(!has(a))', '', ''],
    ["a != '1'", '', ''],
    ["a not in {'1'}", '', ''],
    ['all()', '', ''],
    ['global()', '', ''],
    ["a == '1' && has(b)", 'a: present {1}; b: present', ''],
    ["a in {'1','2'} && a in {'2','3'}", 'a: present {2}', 'values intersect'],
    ["has(a) && a == '1'", 'a: present {1}', ''],
    ["a == '1' && a == '2'", 'a: present {}', 'nothing can match'],
    ['has(a) && !has(a)', 'a: present absent', 'nothing can match'],
    ["a == '1' || a == '2'", 'a: present {1,2}', 'values unite'],
    ["a == '1' || has(a)", 'a: present', 'values on one branch only are dropped'],
    ["a == '1' || b == '2'", '', 'no label is on every branch'],
    ["a == '1' && c == '3' || b == '2' && c == '4'", 'c: present {3,4}', ''],
    ["a == '1' || !has(a)", '', 'present on one, absent on the other'],
    ["a == '1' || all()", '', ''],
  ])('%s: %s %s', (text, expected) => expect(shown(text)).toBe(expected));

  test.each(["a == '1' && a == '2'", 'has(a) && !has(a)'])('%s can match nothing', (text) => {
    expect(isImpossible(parseSelector(text).restrictions)).toBe(true);
  });

  test('are necessary: whatever matches satisfies them', () => {
    const labels = fc.dictionary(
      fc.constantFrom('app', 'tier', 'env', 'pcns.env'),
      fc.constantFrom('x', 'y', ''),
    );
    fc.assert(
      fc.property(selectorText, labels, (text, record) => {
        const selector = parseSelector(text);
        if (!selector.matchesRecord(record)) return;
        expect(isImpossible(selector.restrictions)).toBe(false);
        for (const [label, { present, absent, values }] of selector.restrictions) {
          const value = Object.hasOwn(record, label) ? record[label] : undefined;
          if (present) expect(value).toBeDefined();
          if (absent) expect(value).toBeUndefined();
          if (values !== undefined) expect(values.has(value ?? 'absent')).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

test('a report says what a selector is, or where it stops to be one', () => {
  expect(selectorReport("a in {'y', 'x'}", { a: 'x' })).toEqual({
    valid: true,
    canonical: 'a in {"x", "y"}',
    id: parseSelector("a in {'x','y'}").id,
    matches: true,
  });
  expect(selectorReport('a ==', {})).toMatchObject({ valid: false, position: 4 });
});
