/** An Avro schema as JSON, of the kinds that the messages use. */
export type AvroSchema =
  string | readonly AvroSchema[] | RecordSchema | EnumSchema | LogicalSchema | ArraySchema | MapSchema;

/** A record with named fields; each new field needs a default, so that older and newer services read each other. */
export interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly FieldSchema[];
}

/** One field of a record. */
export interface FieldSchema {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly default?: unknown;
}

/** One of a few words. */
export interface EnumSchema {
  readonly type: 'enum';
  readonly name: string;
  readonly symbols: readonly string[];
  readonly doc?: string;
}

/** Items of one kind, in their order. */
export interface ArraySchema {
  readonly type: 'array';
  readonly items: AvroSchema;
}

/** Values of one kind by name. */
export interface MapSchema {
  readonly type: 'map';
  readonly values: AvroSchema;
}

/** A primitive with a meaning. */
export interface LogicalSchema {
  readonly type: string;
  readonly logicalType: string;
}

/** Microseconds since the epoch, UTC. */
export const INSTANT: LogicalSchema = { type: 'long', logicalType: 'timestamp-micros' };

/** A field that may be absent: null on the wire. */
export const optional = (name: string, type: AvroSchema, doc: string): FieldSchema => ({
  name,
  type: ['null', type],
  default: null,
  doc,
});
