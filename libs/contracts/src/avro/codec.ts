import { jsonOf } from '@margay/ground';
import avro from 'avsc';
import { Undecodable } from '../undecodable.ts';
import { boundsOf } from './bounds.ts';
import { crc64Avro } from './crc64.ts';
import { SINGLE_OBJECT, type Framing } from './framing.ts';
import type { AvroSchema } from './schema.ts';

/** `avsc` reads and writes Node's buffers; this is what is used of them here. */
declare const Buffer: {
  from(memory: ArrayBufferLike, offset: number, length: number): ByteBuffer;
  allocUnsafe(size: number): ByteBuffer;
};
interface ByteBuffer extends Uint8Array<ArrayBuffer> {
  readUInt32BE(offset: number): number;
  readBigUInt64LE(offset: number): bigint;
  writeUInt32BE(value: number, offset: number): number;
  writeBigUInt64LE(value: bigint, offset: number): number;
}

/** Turns records of one message into bytes and back. A record is a plain object as the schema describes it. */
export interface Codec {
  /** The Parsing Canonical Form of the schema that is written. */
  readonly canonical: string;
  /** The CRC-64-AVRO fingerprint of it. */
  readonly fingerprint: bigint;
  /** @throws TypeError which names the field that does not fit the schema: a mistake of the program. */
  encode(record: object, framing: Framing): Uint8Array;
  /**
   * Reads what any released version wrote, in either framing, and gives it in the shape of the newest version.
   *
   * @throws Undecodable which says why.
   */
  decode(bytes: Uint8Array, framing: Framing): unknown;
}

/** C3 01: the marker of Avro's single-object encoding, version 1. */
const MARKER = [0xc3, 0x01] as const;
const SINGLE_OBJECT_HEADER = 10;
const CONFLUENT_HEADER = 5;

/**
 * The codec that writes `current` and reads every one of `released` (of which `current` may be one).
 *
 * The bytes are one of, by the first byte:
 *
 *     C3 01, fingerprint u64 little-endian, body     single-object encoding
 *     00, schema id u32 big-endian, body             Confluent framing
 */
export function avroCodec(current: AvroSchema, released: readonly AvroSchema[]): Codec {
  const type = typeOf(current);
  const canonical = canonicalForm(current);
  const fingerprint = crc64Avro(canonical);
  type Reader = (body: ByteBuffer) => unknown;

  const readerOf = (writer: AvroSchema): Reader => {
    const resolver = type.createResolver(typeOf(writer));
    const fits = boundsOf(writer);
    return (body) => {
      if (fits?.(body) === false) throw new RangeError(BEYOND_ITS_END);
      return type.fromBuffer(body as never, resolver);
    };
  };
  const byFingerprint = new Map<bigint, Reader>(
    released.map((schema) => [crc64Avro(canonicalForm(schema)), readerOf(schema)]),
  );
  byFingerprint.set(fingerprint, readerOf(current));
  const byId = new WeakMap<Framing, Map<number, Reader>>();

  const readerOfFingerprint = (writer: bigint): Reader => {
    const reader = byFingerprint.get(writer);
    if (reader !== undefined) return reader;
    const hex = writer.toString(16).padStart(16, '0');
    throw new Undecodable(
      `No released schema has the fingerprint ${hex}: was it written by a newer version?`,
    );
  };
  const readerOfId = (id: number, framing: Framing): Reader => {
    if (framing.kind !== 'confluent') {
      throw new Undecodable(`The message names schema ${id} of a schema registry, and none is configured.`);
    }
    const readers = byId.get(framing) ?? new Map<number, Reader>();
    byId.set(framing, readers);
    const known = readers.get(id);
    if (known !== undefined) return known;
    const schema = framing.schemaOf(id);
    if (schema === undefined) throw new Undecodable(`The schema registry has no schema ${id}.`);
    const reader = readerOfText(schema, id);
    readers.set(id, reader);
    return reader;
  };
  const readerOfText = (schema: string, id: number): Reader => {
    const read = jsonOf(schema);
    const words = `Schema ${id} of the registry does not fit this topic`;
    if ('problem' in read) throw new Undecodable(`${words}: ${read.problem}.`);
    try {
      return readerOf(read.value as AvroSchema);
    } catch {
      // What the library says of it quotes the schema.
      throw new Undecodable(`${words}: another message is described in it.`);
    }
  };

  return {
    canonical,
    fingerprint,
    encode(record, framing) {
      if (framing.kind === 'confluent') {
        const id = framing.idOf(canonical);
        return written(type, record, CONFLUENT_HEADER, (bytes) => {
          bytes[0] = 0;
          bytes.writeUInt32BE(id, 1);
        });
      }
      return written(type, record, SINGLE_OBJECT_HEADER, (bytes) => {
        bytes.set(MARKER, 0);
        bytes.writeBigUInt64LE(fingerprint, 2);
      });
    },
    decode(bytes, framing = SINGLE_OBJECT) {
      const buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
      const [first, second] = buffer;
      if (first === MARKER[0] && second === MARKER[1] && buffer.length >= SINGLE_OBJECT_HEADER) {
        return read(readerOfFingerprint(buffer.readBigUInt64LE(2)), buffer, SINGLE_OBJECT_HEADER);
      }
      if (first === 0 && buffer.length >= CONFLUENT_HEADER) {
        return read(readerOfId(buffer.readUInt32BE(1), framing), buffer, CONFLUENT_HEADER);
      }
      throw new Undecodable(`${bytes.length} bytes that begin like no Avro message.`);
    },
  };
}

/** The Parsing Canonical Form of a schema: what fingerprints are made of. */
export function canonicalForm(schema: AvroSchema): string {
  return JSON.stringify(typeOf(schema).schema());
}

function typeOf(schema: AvroSchema): avro.Type {
  // Unions here are of null and one type, so that a value need not be wrapped in its branch's name.
  return avro.Type.forSchema(schema as avro.schema.AvroSchema, {
    wrapUnions: 'auto',
    omitRecordMethods: true,
  });
}

const BEYOND_ITS_END = 'a length is beyond its end';

/** Reused for every message: growing to the size of the biggest one so far. */
let scratch: ByteBuffer | undefined;

function written(
  type: avro.Type,
  record: object,
  header: number,
  writeHeader: (bytes: ByteBuffer) => void,
): Uint8Array {
  scratch ??= Buffer.allocUnsafe(65_536);
  let end: number;
  try {
    end = type.encode(record, scratch as never, header);
    if (end < 0) {
      scratch = Buffer.allocUnsafe(2 * (scratch.length - end));
      end = type.encode(record, scratch as never, header);
    }
  } catch {
    // What the library says of it quotes the value.
    throw new TypeError(`A message does not fit its schema in ${misfitsOf(type, record)}`);
  }
  writeHeader(scratch);
  return new Uint8Array(scratch.subarray(0, end));
}

function read(reader: (body: ByteBuffer) => unknown, buffer: ByteBuffer, header: number): unknown {
  try {
    return reader(buffer.subarray(header) as ByteBuffer);
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    const problem = BODY_PROBLEMS.find((words) => said.startsWith(words)) ?? 'it is damaged';
    throw new Undecodable(`The body does not fit its schema: ${problem}.`);
  }
}

/** What is said of a body: words of a library that may go on with what stands in it. */
const BODY_PROBLEMS = [
  BEYOND_ITS_END,
  'truncated buffer',
  'trailing data',
  'invalid union index',
  'invalid enum index',
] as const;

/** The fields of a record that do not fit a schema. Their values are told nobody. */
function misfitsOf(type: avro.Type, record: object): string {
  const paths = new Set<string>();
  type.isValid(record, { errorHook: (path) => void paths.add(path.join('.')) });
  return [...paths].join(', ');
}
