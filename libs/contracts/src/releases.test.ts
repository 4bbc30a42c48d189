import avro from 'avsc';
import { describe, expect, test } from 'vitest';
import { canonicalForm } from './avro/codec.ts';
import { crc64Avro } from './avro/crc64.ts';
import { releases } from './releases/index.ts';
import { goldenMessages } from './testing/golden.ts';
import { topics } from './topics.ts';

const each = topics.map((topic) => [topic.name, topic] as const);
const fingerprint = (schema: Parameters<typeof canonicalForm>[0]) => crc64Avro(canonicalForm(schema));

describe.each(each)('%s', (name, topic) => {
  const released = releases[name] ?? [];

  test('the schema that is written is the newest release', () => {
    // A schema that differs from it is a new release: append it, and a golden message that it wrote.
    expect(released.at(-1)).toEqual(topic.schema);
  });

  test('every release can read every other one', () => {
    const types = released.map((schema) => avro.Type.forSchema(schema as avro.schema.AvroSchema));
    for (const reader of types) {
      for (const writer of types) expect(() => reader.createResolver(writer)).not.toThrow();
    }
  });

  test('every release wrote a golden message, and it can still be read', () => {
    const golden = goldenMessages[name] ?? [];
    const writers = golden.map(({ base64 }) => Buffer.from(base64, 'base64').readBigUInt64LE(2));
    for (const schema of released) expect(writers).toContain(fingerprint(schema));
    for (const { base64, message } of golden) {
      expect(topic.decode(Buffer.from(base64, 'base64'))).toEqual(message);
    }
  });

  test('every field but the first release’s has a default, so that old and new services read each other', () => {
    const first = new Set(released[0]?.fields.map((field) => field.name));
    for (const { fields } of released) {
      for (const field of fields) if (!first.has(field.name)) expect(field).toHaveProperty('default');
    }
  });
});
