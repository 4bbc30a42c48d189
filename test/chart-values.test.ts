import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';

const CHART = new URL('../charts/margay/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, CHART), 'utf8');

type Value = Readonly<Record<string, unknown>>;
interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const values = load(read('values.yaml')) as Value;
const schema = JSON.parse(read('values.schema.json')) as Schema;
const templates = ['templates/', 'templates/tests/']
  .flatMap((folder) =>
    readdirSync(new URL(folder, CHART), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => read(`${folder}${name}`)),
  )
  .join('\n');

const resolved = (one: Schema): Schema => schema.definitions?.[one.$ref?.split('/').at(-1) ?? ''] ?? one;

/** Every value that is one by itself, and every section, as paths. */
function pathsOf(value: unknown, path: string, { properties }: Schema): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || properties === undefined)
    return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, path === '' ? key : `${path}.${key}`, resolved(properties[key] ?? {})),
  );
}

/** The same of what the schema describes. */
function described(one: Schema, path = ''): string[] {
  const { properties } = resolved(one);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, inner]) =>
    described(inner, path === '' ? key : `${path}.${key}`),
  );
}

const paths = pathsOf(values, '', schema);

test('the schema describes exactly the values that there are', () => {
  // Helm itself has global, for charts that have this one among their own.
  const own = described(schema).filter((path) => path !== 'global');
  expect(paths.toSorted()).toEqual(own.toSorted());
});

test('every section refuses what it does not know', () => {
  const open = (one: Schema, path: string): string[] => {
    const { properties, additionalProperties } = resolved(one);
    if (properties === undefined) return [];
    return [
      ...(additionalProperties === false ? [] : [path]),
      ...Object.entries(properties).flatMap(([key, inner]) => open(inner, `${path}.${key}`)),
    ];
  };
  expect(open(schema, '')).toEqual([]);
});

test.each(paths)('%s is read by a template', (path) => {
  const [section] = path.split('.');
  const key = path.split('.').at(-1);
  // Parts of a section are also read where the section itself is at hand.
  const isRead =
    templates.includes(`Values.${path}`) ||
    (templates.includes(`Values.${section}`) && new RegExp(`[.]${key}\\b`).test(templates));
  expect(isRead).toBe(true);
});
