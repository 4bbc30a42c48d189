import type { Client } from '@elastic/elasticsearch';
import { expect, test } from 'vitest';
import { elasticOf } from './connection.ts';

const elastic = elasticOf({} as Client, 'cluster', 'margay');
const answered = (message: string) => Object.assign(new Error(message), { statusCode: 503 });

/** A read that fails so often before it answers. */
function readAfter(failures: number, error: Error) {
  let asked = 0;
  return elastic.call('reading', async () => {
    if (asked++ < failures) throw error;
    return asked;
  });
}

test('a read of an index whose shards do not run yet is tried again', async () => {
  const starting = answered('search_phase_execution_exception: no_shard_available_action_exception');
  expect(await readAfter(2, starting)).toBe(3);
});

test('other errors are told at once, in words that help', async () => {
  await expect(readAfter(1, answered('overloaded'))).rejects.toThrow(/reading failed.*Nothing is lost/);
});
