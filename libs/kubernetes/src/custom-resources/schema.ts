/** An OpenAPI v3 schema as custom resource definitions take it. */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'boolean' | 'integer';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly [keyword: string]: unknown;
}

/** A CEL expression that must be true of a value, and what is said where it is not. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

type More = Readonly<Record<string, unknown>>;

export const text = (description: string, more: More = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});

export const flag = (description: string): Schema => ({ type: 'boolean', description });

export const whole = (description: string, more: More = {}): Schema => ({
  type: 'integer',
  description,
  ...more,
});

export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  more: More = {},
): Schema => ({
  type: 'object',
  description,
  properties,
  ...more,
});

/** A list that is written and owned as a whole. */
export const list = (description: string, items: Schema, more: More = {}): Schema => ({
  type: 'array',
  description,
  'x-kubernetes-list-type': 'atomic',
  items,
  ...more,
});

export const textMap = (description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});

export const checked = (...rules: readonly Rule[]): More => ({ 'x-kubernetes-validations': rules });
