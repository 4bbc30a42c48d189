import { expect, test } from 'vitest';
import { fileSource, flowSource, generationOf, isOfFlows, printedSources, sourceName } from './index.ts';

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
