import type { AvroSchema } from '../avro/schema.ts';

/** An Avro type in a few words: `timestamp-micros`, `list of string`, `string or null`. Named types are defined beside. */
export function describeType(schema: AvroSchema): string {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema)) return (schema as readonly AvroSchema[]).map(describeType).join(' or ');
  const type = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if ('logicalType' in type) return `${type.type} (${type.logicalType})`;
  if ('items' in type) return `list of ${describeType(type.items)}`;
  if ('values' in type) return `map of ${describeType(type.values)}`;
  if ('symbols' in type) return type.symbols.map((symbol) => `\`${symbol}\``).join(' or ');
  if ('fields' in type) return `record \`${type.name}\``;
  return (type as { type: string }).type;
}
