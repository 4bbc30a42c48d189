import { compareTexts } from '@margay/ground';
import { Struct, type Value } from './value.ts';

/** Whether a value is nil, or nothing at all. */
export const isNil = (value: Value): value is undefined | null =>
  value === undefined || value === null || (value instanceof Struct && value.isNil);

/** Whether a value is a list. */
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Whether a value is a map. */
export const isMap = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

const SCALARS: Readonly<Record<string, string>> = {
  undefined: '<nil>',
  boolean: 'bool',
  bigint: 'int',
  number: 'float64',
  string: 'string',
};

/** What Go calls the type of a value. */
export function typeName(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value !== 'object') return SCALARS[typeof value]!;
  if (isList(value)) return '[]interface {}';
  return isMap(value) ? 'map[string]interface {}' : value.shape.name;
}

/** Whether `if` takes a value for true: it is not zero, not empty and not nil. */
export function isTrue(value: Value): boolean {
  if (typeof value !== 'object') return Boolean(value);
  if (value === null) return false;
  if (isList(value)) return value.length > 0;
  return isMap(value) ? value.size > 0 : !value.isNil;
}

/** A map's entries in the order in which Go prints and ranges over them. */
export const sortedEntries = (map: ReadonlyMap<string, Value>): (readonly [string, Value])[] =>
  [...map].sort(([a], [b]) => compareTexts(a, b));
