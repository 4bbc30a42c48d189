import type { AvroSchema, RecordSchema } from './schema.ts';

/**
 * Checks that a body has the lengths that it says, before it is decoded; undefined for schemas that need no check.
 *
 * The decoder believes the counts of arrays and maps: a damaged one of 2^40 items would keep it busy for hours. An item
 * takes a byte at least, so a count above the bytes that are left is wrong.
 */
export function boundsOf(schema: AvroSchema): ((body: Uint8Array) => boolean) | undefined {
  const names = new Map<string, AvroSchema>();
  if (!hasCounts(schema, names)) return undefined;
  return (body) => {
    const reader = new Reader(body);
    try {
      skip(schema, reader, names, '');
      return true;
    } catch (error) {
      if (error instanceof OutOfBounds) return false;
      throw error;
    }
  };
}

/** The bytes end before the value does, or a length cannot be. */
class OutOfBounds extends Error {}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  skip(count: number): void {
    if (count < 0 || count > this.left) throw new OutOfBounds();
    this.#position += count;
  }

  /** A zig-zag number of variable length: seven bits a byte, the lowest first. Exact below 2^53. */
  long(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new OutOfBounds();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new OutOfBounds();
  }
}

const FIXED_LENGTHS: Readonly<Record<string, number>> = { null: 0, boolean: 1, float: 4, double: 8 };

function skip(
  schema: AvroSchema,
  reader: Reader,
  names: ReadonlyMap<string, AvroSchema>,
  namespace: string,
): void {
  if (typeof schema === 'string') return skipNamed(schema, reader, names, namespace);
  if (isUnion(schema)) {
    const branch = schema[reader.long()];
    if (branch === undefined) throw new OutOfBounds();
    return skip(branch, reader, names, namespace);
  }
  if (isRecord(schema)) {
    for (const { type } of schema.fields) skip(type, reader, names, schema.namespace ?? namespace);
  } else if (schema.type === 'array' && 'items' in schema) {
    skipBlocks(reader, () => skip(schema.items, reader, names, namespace));
  } else if (schema.type === 'map' && 'values' in schema) {
    skipBlocks(reader, () => {
      reader.skip(reader.long());
      skip(schema.values, reader, names, namespace);
    });
  } else if (schema.type === 'enum') reader.long();
  else if (schema.type === 'fixed') reader.skip((schema as unknown as { size: number }).size);
  else skip(schema.type, reader, names, namespace);
}

function skipNamed(
  name: string,
  reader: Reader,
  names: ReadonlyMap<string, AvroSchema>,
  namespace: string,
): void {
  const length = FIXED_LENGTHS[name];
  if (length !== undefined) reader.skip(length);
  else if (name === 'int' || name === 'long') reader.long();
  else if (name === 'bytes' || name === 'string') reader.skip(reader.long());
  else {
    const schema = names.get(name) ?? names.get(`${namespace}.${name}`);
    if (schema === undefined) throw new OutOfBounds();
    skip(schema, reader, names, namespace);
  }
}

/** Blocks of items, each with its count; a negative count is followed by the block's length in bytes. */
function skipBlocks(reader: Reader, skipItem: () => void): void {
  for (;;) {
    let count = reader.long();
    if (count === 0) return;
    if (count < 0) {
      count = -count;
      reader.long();
    }
    if (count > reader.left) throw new OutOfBounds();
    for (; count > 0; count--) skipItem();
  }
}

/** Whether there is an array or a map anywhere; collects the schemas that have names. */
function hasCounts(schema: AvroSchema, names: Map<string, AvroSchema>, namespace = ''): boolean {
  if (typeof schema === 'string') return false;
  if (isUnion(schema)) return schema.map((branch) => hasCounts(branch, names, namespace)).includes(true);
  if ('name' in schema) {
    names.set(schema.name, schema);
    names.set(`${('namespace' in schema && schema.namespace) || namespace}.${schema.name}`, schema);
  }
  if (isRecord(schema)) {
    return schema.fields
      .map(({ type }) => hasCounts(type, names, schema.namespace ?? namespace))
      .includes(true);
  }
  const within = 'items' in schema ? schema.items : 'values' in schema ? schema.values : undefined;
  if (within === undefined) return false;
  hasCounts(within, names, namespace);
  return true;
}

const isRecord = (schema: AvroSchema): schema is RecordSchema =>
  typeof schema === 'object' && 'type' in schema && schema.type === 'record';

const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);
