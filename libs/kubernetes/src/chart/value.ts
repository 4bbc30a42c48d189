/** A JSON schema, draft 7, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One value of the chart: what it is for, what it is unless set, and what it may be. */
export interface Value {
  readonly about: string;
  readonly initially: unknown;
  readonly schema: JsonSchema;
}

/** Values that stand together. What stands in it and is not described is refused. */
export interface Section {
  readonly about: string;
  readonly values: Values;
  /** It also holds what others read: only `global` does, which Helm shares among charts. */
  readonly isOpen?: true;
}

export type Values = Readonly<Record<string, Value | Section>>;

export const isSection = (one: Value | Section): one is Section => 'values' in one;

export const section = (about: string, values: Values): Section => ({ about, values });

const value = (about: string, initially: unknown, schema: JsonSchema): Value => ({
  about,
  initially,
  schema,
});

/** What an object may be called. Go's regular expressions check these: they look neither ahead nor back. */
export const NAME = '[a-z0-9]([-a-z0-9.]*[a-z0-9])?';
const QUALIFIED = `^(${NAME}/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`;
const SUFFIX = '(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?';
const QUANTITY = `^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)${SUFFIX}$`;
const SIZE = `^([0-9]*[1-9][0-9]*(\\.[0-9]+)?|0?\\.[0-9]*[1-9][0-9]*)(M|G|T|P|Mi|Gi|Ti|Pi)$`;
const DURATION = '([0-9]+(\\.[0-9]+)?(h|m|s|ms))+';

/** A text, empty where it may be; `pattern` is of the whole text that is not empty. */
export function text(about: string, initially = '', pattern?: string): Value {
  const whole =
    pattern === undefined ? {} : { pattern: initially === '' ? `^(${pattern})?$` : `^(${pattern})$` };
  return value(about, initially, { type: 'string', ...whole });
}

/** The name of an object, such as a Secret; none where it is empty. */
export const named = (about: string): Value => text(about, '', NAME);

export const flag = (about: string, initially: boolean): Value =>
  value(about, initially, { type: 'boolean' });

export const whole = (about: string, initially: number, minimum: number, maximum: number): Value =>
  value(about, initially, { type: 'integer', minimum, maximum });

/** A port in a text. */
export const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `${OCTET}(\\.${OCTET}){3}`;
const IPV6 = '[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}';
const [OF_32, OF_128] = ['([12]?[0-9]|3[0-2])', '(12[0-8]|1[01][0-9]|[1-9]?[0-9])'];

/** A network as CIDR, and one that may be an address alone. */
export const CIDR = `(${IPV4}/${OF_32}|${IPV6}/${OF_128})`;
export const NETWORK = `(${IPV4}(/${OF_32})?|${IPV6}(/${OF_128})?)`;

/** A moment, by RFC 3339. */
export const MOMENT =
  '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])';

/** A topic of Kafka. */
export const TOPIC = '[A-Za-z0-9._-]{1,249}';

/** A port of the host or a node, chosen by the cluster where it is 0. */
export const nodePort = (about: string): Value =>
  value(about, 0, { anyOf: [{ const: 0 }, { type: 'integer', minimum: 1024, maximum: 65_535 }] });

export const choice = (about: string, initially: string, options: readonly string[]): Value =>
  value(about, initially, { enum: options });

/** As Go writes durations. */
export const duration = (about: string, initially: string): Value => text(about, initially, DURATION);

/** How large a volume is. */
export const size = (about: string, initially: string): Value =>
  value(about, initially, { type: 'string', pattern: SIZE });

/** Texts; `pattern` is of each. */
export const texts = (about: string, pattern?: string, more: JsonSchema = {}): Value =>
  value(about, [], {
    type: 'array',
    items: { type: 'string', minLength: 1, ...(pattern !== undefined && { pattern: `^(${pattern})$` }) },
    ...more,
  });

/** Labels as Kubernetes takes them. */
export const labels = (about: string, initially: Readonly<Record<string, string>> = {}): Value =>
  value(about, initially, {
    type: 'object',
    patternProperties: {
      [QUALIFIED]: {
        type: 'string',
        maxLength: 63,
        pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
      },
    },
    additionalProperties: false,
  });

/** Annotations: any text under each name. */
export const annotations = (about: string): Value =>
  value(
    about,
    {},
    {
      type: 'object',
      patternProperties: { [QUALIFIED]: { type: 'string' } },
      additionalProperties: false,
    },
  );

/** An object of Kubernetes' own, whose fields the API server checks. */
export const kubernetes = (about: string, initially: JsonSchema = {}): Value =>
  value(about, initially, { type: 'object' });

/** A list of such objects, each with these fields at least. */
export const kubernetesList = (about: string, ...required: readonly string[]): Value =>
  value(about, [], {
    type: 'array',
    items: { type: 'object', ...(required.length > 0 && { required }) },
  });

/** References to Secrets: `- name: …`. */
export const secretReferences = (about: string): Value =>
  value(about, [], {
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: { name: { type: 'string', pattern: `^${NAME}$` } },
    },
  });

const quantities: JsonSchema = {
  type: 'object',
  additionalProperties: {
    anyOf: [
      { type: 'string', pattern: QUANTITY },
      { type: 'number', minimum: 0 },
    ],
  },
};

/** What a container asks for and may take. */
export const resources = (about: string, initially: JsonSchema): Value =>
  value(about, initially, {
    type: 'object',
    patternProperties: { '^(requests|limits)$': quantities },
    additionalProperties: false,
  });
