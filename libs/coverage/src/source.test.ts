import { expect, test } from 'vitest';
import {
  fileSource,
  flowSource,
  generationOf,
  isOfFlows,
  printedSources,
  setsOf,
  sourceName,
} from './index.ts';

const [one, other] = ['1f2e3d4c5b6a7980', 'ffffffffffffffff'];

test.each([
  ['a log file by its name', fileSource('audit.log', one), 'audit.log'],
  ['a rotated one with its number', generationOf(fileSource('audit.log', one), 2), 'audit.log#2'],
  ['the first file without one', generationOf(fileSource('audit.log', one), 1), 'audit.log'],
  ['a name with an @', fileSource(`x@${other}`, one), `x@${other}`],
  ['a webhook', 'webhook:kube-1', 'webhook:kube-1'],
  ['a path, as it was kept once', '/var/log/audit.log', '/var/log/audit.log'],
  ['flows of a file', flowSource(fileSource('flows.log', one)), 'flows.log'],
  ['flows of a topic', flowSource('topic:flows/0'), 'topic:flows/0'],
])('%s', (_, source, name) => expect(sourceName(source)).toBe(name));

test('sources of one name are told apart by their identity, the others are not bothered with it', () => {
  const [a, b, c] = [
    fileSource('audit.log', one),
    fileSource('audit.log', other),
    fileSource('calico.log', one),
  ];
  expect([...printedSources([a, b, c, a]).values()]).toEqual([
    `audit.log@${one}`,
    `audit.log@${other}`,
    'calico.log',
  ]);
  expect([...printedSources([flowSource(a), flowSource(b)]).values()]).toEqual([
    `audit.log@${one}`,
    `audit.log@${other}`,
  ]);
});

test('an audit log that is called like a source of flows is none', () => {
  expect(isOfFlows(fileSource('flows:x', one))).toBe(false);
  expect(isOfFlows(flowSource(fileSource('flows:x', one)))).toBe(true);
});

test.each<[what: string, sets: Readonly<Record<string, string>>]>([
  [
    'numbers, dates and times are rotation’s',
    {
      'audit.log': 'audit.log',
      'audit.log.1': 'audit.log',
      'audit.log.2.gz': 'audit.log',
      'audit.log-20261124': 'audit.log',
      'audit-2026-11-24T01-02-03.456.log.gz': 'audit.log',
    },
  ],
  [
    'the last number of an address is not',
    {
      'audit-10.0.0.1.log': 'audit-10.0.0.1.log',
      'audit-10.0.0.2.log': 'audit-10.0.0.2.log',
      'audit-10.0.0.2.log.1': 'audit-10.0.0.2.log',
    },
  ],
  [
    'and neither is that of a name which was rotated itself',
    { 'audit-1.log': 'audit-1.log', 'audit-1.log.1.gz': 'audit-1.log', 'audit-2.log': 'audit.log' },
  ],
])('what files are called together: %s', (_, sets) => {
  expect(Object.fromEntries(setsOf(Object.keys(sets)))).toEqual(sets);
});
