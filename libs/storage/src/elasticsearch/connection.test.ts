import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client as ElasticClient, UndiciConnection, type Client } from '@elastic/elasticsearch';
import { expect, onTestFinished, test } from 'vitest';
import { elasticOf, quiet } from './connection.ts';
import { isAnswerTooLarge } from './unusable.ts';

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

test('an answer that is larger than what is read is told as that, and ends nothing else', async () => {
  const body = JSON.stringify({ docs: ['x'.repeat(5_000_000)] });
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-elastic-product': 'Elasticsearch',
  };
  const server = createServer((_, answer) => void answer.writeHead(200, headers).end(body));
  server.on('request', (_, answer) => answer.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new ElasticClient({
    node: `http://127.0.0.1:${port}`,
    maxResponseSize: 1_000_000,
    maxRetries: 0,
    Connection: quiet(UndiciConnection),
  });
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', hear);
  onTestFinished(() => void process.off('uncaughtException', hear));
  const one = elasticOf(client, 'cluster', 'margay');
  const asked = one.call('reading', () => client.mget({ index: 'x', ids: ['1'] }));
  expect(isAnswerTooLarge(await asked.catch((error: unknown) => error))).toBe(true);
  await new Promise((wake) => setTimeout(wake, 50));
  expect(uncaught).toEqual([]);
});

test('what only some shards answer is not taken for all that there is', async () => {
  const shards = { total: 3, successful: 2, failed: 1 };
  const some = { _shards: shards, hits: { hits: [] } };
  for (const answer of [some, { _shards: shards, count: 1 }, { responses: [some] }])
    await expect(elastic.call('reading', async () => answer)).rejects.toThrow(/reading failed/);
  // A write is kept though a copy of it is not.
  for (const answer of [
    { _shards: shards, result: 'created' },
    { ...some, _shards: { ...shards, failed: 0 } },
  ])
    expect(await elastic.call('writing', async () => answer)).toBe(answer);
}, 60_000);

const unanswered = (type: string) => ({ _index: 'margay-tellers', _id: '1', error: { type, reason: 'x' } });

test.each([
  ['no shard', 'no_shard_available_action_exception', /no_shard_available_action_exception.*Nothing is lost/],
  ['a closed index', 'index_closed_exception', /index_closed_exception.*open it/],
])(
  'a document that nobody could look for is not taken for one that is not there: %s',
  async (_, type, words) => {
    const answer = { docs: [{ _id: '0', found: false }, unanswered(type)] };
    await expect(elastic.call('reading', async () => answer)).rejects.toThrow(words);
  },
  60_000,
);

test('in an index that is not there yet there is no document', async () => {
  const answer = { docs: [unanswered('index_not_found_exception'), { _id: '1', found: true }] };
  expect(await elastic.call('reading', async () => answer)).toBe(answer);
});
