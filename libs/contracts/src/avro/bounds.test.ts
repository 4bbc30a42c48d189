import fc from 'fast-check';
import { expect, test } from 'vitest';
import avro from 'avsc';
import { boundsOf } from './bounds.ts';
import type { AvroSchema } from './schema.ts';

const SCHEMA: AvroSchema = {
  type: 'record',
  name: 'Outer',
  namespace: 'io.margay',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'number', type: 'long' },
    { name: 'maybe', type: ['null', 'string'] },
    { name: 'word', type: { type: 'enum', name: 'Word', symbols: ['a', 'b'] } },
    {
      name: 'items',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Item',
          fields: [{ name: 'counts', type: { type: 'map', values: 'int' } }],
        },
      },
    },
    { name: 'more', type: { type: 'array', items: 'Item' } },
    { name: 'real', type: 'double' },
  ],
};
const type = avro.Type.forSchema(SCHEMA as never, { wrapUnions: 'auto' });
const item = fc.record({ counts: fc.dictionary(fc.string({ maxLength: 5 }), fc.integer()) });
const any = fc.record({
  flag: fc.boolean(),
  number: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  maybe: fc.option(fc.string()),
  word: fc.constantFrom('a', 'b'),
  items: fc.array(item),
  more: fc.array(item),
  real: fc.double(),
});

const fits = boundsOf(SCHEMA) ?? (() => undefined);

test('whole bodies fit, and those cut short do not', () => {
  fc.assert(
    fc.property(any, fc.nat(), (value, at) => {
      const bytes = type.toBuffer(value);
      expect(fits(bytes)).toBe(true);
      expect(fits(bytes.subarray(0, at % bytes.length))).toBe(false);
    }),
  );
});

test.each([
  ['an array of 2^40 items', [1, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]],
  ['a number without end', [1, ...Array.from({ length: 12 }, () => 0xff)]],
  ['a text of negative length', [1, 0, 2, 3]],
  ['a branch that is none', [1, 0, 4]],
])('%s does not fit', (_, bytes) => {
  expect(fits(Uint8Array.from([...bytes, ...Array.from({ length: 20 }, () => 2)]))).toBe(false);
});

test('schemas without arrays and maps need no check', () => {
  expect(
    boundsOf({ type: 'record', name: 'A', fields: [{ name: 'a', type: ['null', 'string'] }] }),
  ).toBeUndefined();
});
