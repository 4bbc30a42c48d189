import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyMessage } from './testing/any-message.ts';
import { topics } from './topics.ts';
import type { Topic } from './topic.ts';
import { Undecodable } from './undecodable.ts';
import { confluentId, type Framing } from './avro/framing.ts';

const registry = (): Framing => {
  const schemas: string[] = [];
  return {
    kind: 'confluent',
    idOf(schema) {
      if (!schemas.includes(schema)) schemas.push(schema);
      return 100_000 + schemas.indexOf(schema);
    },
    schemaOf: (id) => schemas[id - 100_000],
  };
};

const each = topics.map((topic) => [topic.name, topic as Topic<unknown>] as const);

describe.each(each)('%s', (name, topic) => {
  const any = anyMessage(name);

  test('a message comes back as it was', () => {
    fc.assert(
      fc.property(any, (message) => {
        const read = topic.decode(topic.encode(message));
        expect(read).toEqual(message);
      }),
    );
  });

  test('a message in Confluent framing comes back as it was, to readers without that setting too if it is their own', () => {
    const framing = registry();
    const framed = topic.framed(framing);
    fc.assert(
      fc.property(any, (message) => {
        const bytes = framed.encode(message);
        expect(bytes[0]).toBe(0);
        expect(confluentId(bytes)).toBe(100_000);
        expect(framed.decode(bytes)).toEqual(message);
        expect(framed.decode(topic.encode(message))).toEqual(message);
        expect(() => topic.decode(bytes)).toThrow(/schema registry, and none is configured/);
      }),
      { numRuns: 20 },
    );
  });

  test('bytes cut short or changed are undecodable or another message, never another error', () => {
    fc.assert(
      fc.property(any, fc.nat(), fc.nat(255), (message, place, byte) => {
        const bytes = topic.encode(message);
        const at = place % bytes.length;
        const changed = bytes.slice();
        changed[at] = byte;
        for (const broken of [bytes.slice(0, at), changed]) {
          try {
            topic.decode(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(Undecodable);
          }
        }
      }),
    );
  });

  test('the key is text, the same for the same message', () => {
    fc.assert(
      fc.property(any, (message) => {
        expect(topic.keyOf(topic.decode(topic.encode(message)))).toBe(topic.keyOf(message));
      }),
      { numRuns: 20 },
    );
  });
});

describe('undecodable bytes', () => {
  const [, topic] = each[0] as (typeof each)[number];
  test.each([
    ['nothing', [], /0 bytes/],
    ['JSON', [...Buffer.from('{"a":1}')], /begin like no Avro message/],
    [
      'an unknown fingerprint',
      [0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0],
      /fingerprint 0807060504030201.*newer version/,
    ],
    ['a header cut short', [0xc3, 1, 1, 2], /4 bytes/],
  ])('%s', (_, bytes, reason) => {
    expect(() => topic.decode(Uint8Array.from(bytes))).toThrow(Undecodable);
    expect(() => topic.decode(Uint8Array.from(bytes))).toThrow(reason);
  });

  test('an id that the registry does not have, or that is of another message', () => {
    const framed = topic.framed(registry());
    const bytes = Uint8Array.from([0, 0, 0, 0, 9, 1, 2]);
    expect(() => framed.decode(bytes)).toThrow(/registry has no schema 9/);
    const foreign = topic.framed({
      kind: 'confluent',
      idOf: () => 9,
      schemaOf: () => '{"type":"array","items":"int"}',
    });
    expect(() => foreign.decode(bytes)).toThrow(/Schema 9 of the registry does not fit/);
  });
});
