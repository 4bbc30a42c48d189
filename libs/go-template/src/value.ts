import type { Budget } from './budget.ts';

/**
 * A value as templates know it. Integers are `bigint`, as Go's `int`, and `number` is Go's `float64`.
 *
 * `null` is a nil that is there (a key whose value is nil), `undefined` is nothing at all (no such key): Go tells them
 * apart when a field of them is asked for.
 */
export type Value =
  | undefined
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Struct;

/** A JSON value as templates know it: whole numbers are integers. */
export function valueOf(json: unknown): Value {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json !== 'object' || json === null) return null;
  if (Array.isArray(json)) return json.map(valueOf);
  return new Map(Object.entries(json).map(([key, field]) => [key, valueOf(field)]));
}

/** What a field of a Go struct is: decides what it is where the JSON has none of it. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'int'
  /** Any JSON: maps, lists and so on; nil where there is none. */
  | 'any'
  /** A map or list that may be nil. */
  | 'map'
  | { readonly list: FieldType }
  /** Nil where there is none: `if` takes it for false, and its fields are zero, where Go would fail. */
  | { readonly pointer: Shape }
  | Shape;

/** A Go struct that is made of a JSON object: templates use Go's names of fields, `toJson` those of JSON. */
export interface Shape {
  readonly name: string;
  /** `[Go's name, JSON's name, type]`, in Go's order. */
  readonly fields: readonly (readonly [name: string, json: string, type: FieldType])[];
  /** What is printed of it; its fields in braces unless given. */
  readonly text?: (json: unknown) => string;
  readonly methods?: Readonly<Record<string, Method>>;
}

/** A method: gets the struct's JSON and the arguments. */
export type Method = (json: unknown, args: readonly Value[], context: MethodContext) => Value;

/** What functions and methods may ask of the engine. */
export interface MethodContext {
  /** Renders another template over a value, with the same functions and within the same limits. */
  render(template: string, data: Value): string;
  /** Pays for everything whose cost is not the same whatever it is given, and before it is done. */
  readonly budget: Budget;
}

type Json = Readonly<Record<string, unknown>>;

/** A Go struct. Most are made of a JSON object; one with a text of its own may be made of any JSON, as a time is. */
export class Struct {
  readonly shape: Shape;
  readonly json: unknown;
  readonly #fields = new Map<string, Value>();

  constructor(shape: Shape, json: unknown) {
    this.shape = shape;
    this.json = json;
  }

  /** Whether it is a nil pointer. */
  get isNil(): boolean {
    return this.json === null;
  }

  /** The value of a field, in a list; undefined where there is no such field. */
  field(name: string): readonly [Value] | undefined {
    const field = this.shape.fields.find(([known]) => known === name);
    return field && [this.#value(field)];
  }

  /** The values of its fields in order. */
  values(): Value[] {
    return this.shape.fields.map((field) => this.#value(field));
  }

  #value([name, json, type]: Shape['fields'][number]): Value {
    if (!this.#fields.has(name)) this.#fields.set(name, fieldValue(type, (this.json as Json | null)?.[json]));
    return this.#fields.get(name);
  }
}

function fieldValue(type: FieldType, json: unknown): Value {
  const isNone = json === undefined || json === null;
  switch (type) {
    case 'string':
      return typeof json === 'string' ? json : isNone ? '' : JSON.stringify(json);
    case 'bool':
      return json === true;
    case 'int':
      return isNone ? 0n : valueOf(json);
    case 'any':
      return valueOf(json);
    case 'map':
      return isNone ? new Map<string, Value>() : valueOf(json);
  }
  if ('list' in type) return isNone ? [] : (json as unknown[]).map((each) => fieldValue(type.list, each));
  if ('pointer' in type) return new Struct(type.pointer, isNone ? null : json);
  return new Struct(type, isNone ? {} : json);
}
