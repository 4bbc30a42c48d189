import { expect, test } from 'vitest';
import { ambiguityOf } from './one-reading.ts';

test.each([
  ['at the top', '{"a":1,"b":2,"a":1}', '"a" twice'],
  ['deep within', '[{"x":[1,{"a":{"b":1, "b" : 1}}]}]', '"b" twice'],
  ['written with an escape', String.raw`{"a":1,"\u0061":2}`, '"a" twice'],
  ['with quotes in them', String.raw`{"a\"":"\\","a\"":2}`, String.raw`"a\"" twice`],
  ['that objects have by themselves', '{"__proto__":1,"__proto__":2}', '"__proto__" twice'],
  ['empty', '{"":1,"":2}', '"" twice'],
])('equal names %s are found', (_, text, why) => {
  expect(ambiguityOf(text)).toContain(why);
});

test.each(['9007199254740993', '1e400', '1.0', '-0', '0.1000000000000000055', '1E5'])(
  'the number %s is read in more than one way',
  (number) => {
    expect(ambiguityOf(`{"a":[${number}]}`)).toContain(`the number "${number}"`);
  },
);

test.each([
  ['equal names of several objects', '{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":"a"}'],
  ['texts that look like names', String.raw`["a","a",{"b":"{\"b\":1,\"b\":2}"}]`],
  ['numbers as JavaScript writes them', '[0,-1,1.5,1e+21,5e-324,9007199254740991,true,false,null]'],
  ['a text that is all', '"a"'],
])('%s are read in one way', (_, text) => {
  expect(ambiguityOf(text)).toBeUndefined();
});

test('names that differ in case are equal where they are compared so', () => {
  const text = '{"payload":1,"Payload":2}';
  expect(ambiguityOf(text)).toBeUndefined();
  expect(ambiguityOf(text, (name) => name.toLowerCase())).toContain('twice');
});
