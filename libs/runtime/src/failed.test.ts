import { expect, test } from 'vitest';
import { isAway } from './away.ts';
import { failureOf, partOf, type Part } from './failed.ts';

test('a failure names the part, its address without credentials and path, what was done and what to do', () => {
  const error = failureOf({
    part: 'Elasticsearch',
    at: ['https://elastic:pw-1@es-1:9200/below/it?key=pw-2', 'https://es-2:9200'],
    doing: 'writing documents',
    said: '503 to https://elastic:pw-3@es-1:9200',
    advice: 'Try again.',
    passes: true,
  });
  expect(error.message).toBe(
    'Elasticsearch at https://es-1:9200, https://es-2:9200: writing documents failed (503 to https://es-1:9200). Try again.',
  );
  expect(isAway(error)).toBe(true);
});

const PARTS: readonly Part[] = [
  'Kafka',
  'Elasticsearch',
  'Schema registry',
  'Kubernetes API',
  'Database',
  'Webhook',
];
test.each(PARTS)('%s: the part is known whoever wraps its error', (part) => {
  const failure = failureOf({ part, doing: 'x', said: 'y' });
  const wrapped = new Error('a', { cause: new TypeError('b', { cause: failure }) });
  expect([failure, wrapped].map(partOf)).toEqual([part, part]);
  expect(partOf(new Error(part))).toBeUndefined();
});
