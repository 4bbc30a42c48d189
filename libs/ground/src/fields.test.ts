import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { at, fields, isFields, list, nonEmptyText, text, texts, textsByName } from './fields.ts';

test.each<[unknown, boolean]>([
  [{ a: 1 }, true],
  [{}, true],
  [[], false],
  [null, false],
  ['', false],
  [undefined, false],
])('%j has fields: %s', (value, expected) => {
  expect(isFields(value)).toBe(expected);
  expect(fields(value)).toEqual(expected ? value : {});
});

test.each<[unknown, string, string | undefined]>([
  ['a', 'a', 'a'],
  ['', '', undefined],
  [5, '', undefined],
  [null, '', undefined],
  [undefined, '', undefined],
  [['a'], '', undefined],
])('%j is the text %j, and says %j', (value, whole, said) => {
  expect(text(value)).toBe(whole);
  expect(nonEmptyText(value)).toBe(said);
});

test('a path leads as far as there are fields', () => {
  const pod = { spec: { nodeName: 'n', containers: [{ name: 'c' }] } };
  expect(at(pod, 'spec', 'nodeName')).toBe('n');
  expect(at(pod, 'spec', 'nodeName', 'length')).toBeUndefined();
  expect(at(pod, 'spec', 'containers', '0')).toBeUndefined();
  expect(at(pod, 'status', 'phase')).toBeUndefined();
  expect(at(pod)).toBe(pod);
});

test('of lists and labels what is amiss is left out', () => {
  expect(texts(['a', 1, '', null])).toEqual(['a', '']);
  expect(texts('a')).toEqual([]);
  expect([...textsByName(JSON.parse('{"a":"1","b":2,"__proto__":"x"}'))]).toEqual([
    ['a', '1'],
    ['__proto__', 'x'],
  ]);
});

test('nothing of any JSON makes them throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(isFields(fields(value))).toBe(true);
      expect(Array.isArray(list(value))).toBe(true);
      expect(typeof text(value)).toBe('string');
      expect(at(fields(value), 'a', 'b')).toBe(fields(fields(value)['a'])['b']);
    }),
  );
});
