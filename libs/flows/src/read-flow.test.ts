import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLOW_FORMATS, readFlowText } from './index.ts';

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    'allow',
    'wep',
    '',
    '-',
    '__proto__',
    'constructor',
    1_700_000_000,
    -1,
    1e300,
    '\ud800',
  ),
);
const NAMES = [
  'action',
  'reporter',
  'start_time',
  'end_time',
  ...['source', 'dest'].flatMap((end) =>
    ['type', 'namespace', 'name', 'name_aggr'].map((field) => `${end}_${field}`),
  ),
];

const KINDS = ['flow', 'ignored', 'doubtful', 'unusable'];

test('whatever a line is, reading it never throws', () => {
  const records = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value);
  const lines = fc.oneof(
    fc.json(),
    fc.string(),
    records.map((record) => JSON.stringify(record)),
  );
  fc.assert(
    fc.property(lines, (line) => {
      for (const { kind } of readFlowText(line)) expect(KINDS).toContain(kind);
    }),
    // What stands beside a message in a journal, which chance finds once in a hundred thousand.
    { numRuns: 3_000, examples: [['_PID=1'], ['__CURSOR='], ['_0=']] },
  );
});

test.each([
  ['a field of a journal is of another log', '_PID=1', 'ignored'],
  ['what only resembles one is a line that cannot be read', '_0=1', 'unusable'],
])('%s', (_what, line, kind) => {
  expect(readFlowText(line)).toMatchObject([{ kind }]);
});

test('a record of no known format says which formats there are', () => {
  const [reading] = readFlowText('{"kind":"Event"}');
  expect(reading).toMatchObject({ kind: 'unusable', reason: 'not-a-flow' });
  for (const { title, recognisedBy } of FLOW_FORMATS) {
    expect((reading as { message: string }).message).toContain(`${title} have ${recognisedBy}`);
  }
});

test('formats have words of their own', () => {
  expect(FLOW_FORMATS.map(({ name }) => name)).toEqual([...new Set(FLOW_FORMATS.map(({ name }) => name))]);
  for (const { name } of FLOW_FORMATS) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
});
