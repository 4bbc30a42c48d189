import { expect, test } from 'vitest';
import { canonicalForm } from './codec.ts';
import { crc64Avro } from './crc64.ts';

// From the Avro project's shared test data (share/test/data/schema-tests.txt), as signed numbers.
test.each([
  ['"null"', 7195948357588979594n],
  ['"boolean"', -6970731678124411036n],
  ['"int"', 8247732601305521295n],
  ['"long"', -3434872931120570953n],
  ['"float"', 5583340709985441680n],
  ['"double"', -8181574048448539266n],
  ['"bytes"', 5746618253357095269n],
  ['"string"', -8142146995180207161n],
])('the fingerprint of %s', (canonical, fingerprint) => {
  expect(BigInt.asIntN(64, crc64Avro(canonical))).toBe(fingerprint);
});

test('a text of every UTF-8 length is read as its bytes', () => {
  // Two texts that differ in one byte each have their own fingerprint.
  const texts = ['a', 'é', '€', '😀', 'b', 'è', '₭', '😁'];
  expect(new Set(texts.map(crc64Avro)).size).toBe(texts.length);
});

test('the canonical form has full names, fixed order and no documentation', () => {
  const schema = {
    type: 'record',
    name: 'A',
    namespace: 'io.margay',
    doc: 'About A.',
    fields: [
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' }, doc: 'When.' },
      { name: 'uid', type: ['null', 'string'], default: null },
      { name: 'what', type: { type: 'enum', name: 'What', symbols: ['x', 'y'] } },
    ],
  } as const;
  expect(canonicalForm(schema)).toBe(
    '{"name":"io.margay.A","type":"record","fields":[{"name":"at","type":"long"},{"name":"uid","type":["null","string"]},' +
      '{"name":"what","type":{"name":"io.margay.What","type":"enum","symbols":["x","y"]}}]}',
  );
});
