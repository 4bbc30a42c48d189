import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type * as z from 'zod';
import {
  coverageSchema,
  openApi,
  OPERATIONS,
  RIGHTS,
  routeOf,
  whoMayTable,
  type Operation,
} from './index.ts';

const root = new URL('../../../', import.meta.url);
const written = readFileSync(new URL('docs/openapi.json', root), 'utf8');
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

interface Described {
  readonly operationId: string;
  readonly description: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly headers?: object; readonly content: Readonly<Record<string, { readonly schema?: object }>> }
    >
  >;
}
const document = openApi(version) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};
const operations = Object.entries<Operation>(OPERATIONS);

test('docs/openapi.json is what the operations say (npm run docs -w @margay/api-contract writes it)', () => {
  expect(JSON.parse(written)).toEqual(document);
});

test('docs/coverage-statement.schema.json is what statements are (the same command writes it)', () => {
  const schema = readFileSync(new URL('docs/coverage-statement.schema.json', root), 'utf8');
  expect(JSON.parse(schema)).toEqual(coverageSchema());
});

test('docs/permissions.md has the table of routes and answers that they make (the same command writes it)', () => {
  const cells = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
  const page = readFileSync(new URL('docs/permissions.md', root), 'utf8');
  const [table = ''] = /<!-- routes -->[^]*<!-- \/routes -->/.exec(page) ?? [];
  expect(cells(table)).toEqual(cells(whoMayTable()));
  expect(cells(table)).toHaveLength(operations.length);
});

test('every reference within the document leads somewhere', () => {
  const references = [...written.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path]) => path!);
  expect(references.length).toBeGreaterThan(operations.length);
  for (const path of references) {
    const target = path
      .split('/')
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    expect({ path, target }).toMatchObject({ path, target: expect.anything() as unknown });
  }
});

test.each(operations)('%s says what it answers, and what it needs', (id, { method, path, right, answer }) => {
  const described = document.paths[path]![method]!;
  expect(described.operationId).toBe(id);
  expect(described.description).toBe(`Needs ${RIGHTS[right].needs}.`);
  const { schema } = described.responses['200']!.content[answer.mediaType]!;
  if (answer.mediaType === 'application/json') expect(schema).toBeDefined();
  expect(Object.keys(described.responses).includes('401')).toBe(RIGHTS[right].signedIn);
  for (const status of ['429', '503'])
    expect(described.responses[status]!.headers).toHaveProperty('Retry-After');
  expect(described.security).toEqual(RIGHTS[right].signedIn ? undefined : []);
});

test.each(operations)('%s describes exactly the parameters of its path, and the runs among them', (_, op) => {
  const inPath = [...op.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  expect(Object.keys(op.parameters?.shape ?? {})).toEqual(inPath);
  expect(inPath).toEqual(expect.arrayContaining([...(op.runs ?? [])]));
  expect(routeOf(op)).not.toContain('{');
});

test('two operations never share a method and a path', () => {
  const places = operations.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(places).size).toBe(places.length);
});

test.each(operations.flatMap(([id, { query }]) => (query === undefined ? [] : [[id, query] as const])))(
  'the query of %s refuses a parameter that it does not know',
  (_, query: z.ZodObject) => {
    const issues = query.safeParse({ mistyped: '1' }).error!.issues.map(({ message }) => message);
    expect(issues).toContainEqual(expect.stringContaining('mistyped'));
  },
);

test('conditions on rows are read, and one that is none is named', () => {
  const { query } = OPERATIONS.rows;
  expect(query.parse({ where: 'ingressProtected:false,egressToInternet:true' }).where).toEqual([
    ['ingressProtected', false],
    ['egressToInternet', true],
  ]);
  expect(query.safeParse({ where: 'ingressProtected:false,maybe' }).error!.issues[0]).toMatchObject({
    path: ['where'],
    message: '"maybe" is no condition like ingressProtected:false',
  });
});
