import { avroCodec, type Codec } from './avro/codec.ts';
import { SINGLE_OBJECT, type Framing } from './avro/framing.ts';
import type { RecordSchema } from './avro/schema.ts';
import { Undecodable } from './undecodable.ts';

/** A topic and the one kind of message on it. */
export interface Topic<T> {
  readonly name: string;
  /** What the topic is for, in a sentence; documents are generated from it. */
  readonly about: string;
  readonly schema: RecordSchema;
  /** The canonical form of the schema: what a schema registry is given. */
  readonly canonical: string;
  /** What the key is, for documents. */
  readonly key: string;
  /** The key, as text; messages of one key keep their order. */
  keyOf(message: T): string;
  encode(message: T): Uint8Array;
  /** @throws Undecodable which says why. */
  decode(bytes: Uint8Array): T;
  /** The same topic with messages framed another way. */
  framed(framing: Framing): Topic<T>;
}

/** What a topic is made of. `toRecord` and `fromRecord` map between the message and its Avro record. */
export interface TopicDefinition<T> {
  readonly name: string;
  readonly about: string;
  readonly schema: RecordSchema;
  /** Every schema that was ever released for the topic. */
  readonly released: readonly RecordSchema[];
  /** What the key is, for documents. */
  readonly key: string;
  readonly keyOf: (message: T) => string;
  readonly toRecord: (message: T) => object;
  readonly fromRecord: (record: never) => T;
}

/** The topic of a definition, in single-object encoding. */
export function defineTopic<T>(definition: TopicDefinition<T>): Topic<T> {
  return topicOf(definition, avroCodec(definition.schema, definition.released), SINGLE_OBJECT);
}

function topicOf<T>(definition: TopicDefinition<T>, codec: Codec, framing: Framing): Topic<T> {
  const { name, about, schema, key, keyOf, toRecord, fromRecord } = definition;
  return {
    name,
    about,
    schema,
    canonical: codec.canonical,
    key,
    keyOf,
    encode: (message) => codec.encode(toRecord(message), framing),
    decode(bytes) {
      const record = codec.decode(bytes, framing);
      try {
        return fromRecord(record as never);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        // What V8 says of it quotes the field.
        throw new Undecodable('A field that should be JSON is none.');
      }
    },
    framed: (other) => topicOf(definition, codec, other),
  };
}

/** A field for the message, or no field where the record has null. */
export function present<K extends string, V>(name: K, value: V | null | undefined): { [key in K]?: V } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}
