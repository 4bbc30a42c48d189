import { expect, test } from 'vitest';
import { explainedElastic, statusOf } from './unusable.ts';

const answered = (statusCode: number, message: string) =>
  Object.assign(new Error(message), { name: 'ResponseError', statusCode });
const named = (name: string, message = 'failed') => Object.assign(new Error(message), { name });

test.each([
  [answered(401, 'security_exception: unable to authenticate'), /check the credentials/],
  [answered(403, 'security_exception: action is unauthorized'), /lacks rights/],
  [
    answered(
      403,
      'cluster_block_exception: index blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]',
    ),
    /disk is nearly full.*Nothing is lost/,
  ],
  [
    answered(429, 'cluster_block_exception: disk usage exceeded flood-stage watermark'),
    /blocked for writing|nearly full/,
  ],
  [
    answered(400, 'strict_dynamic_mapping_exception: introduction of [x] is not allowed'),
    /does not have the mapping/,
  ],
  [answered(413, 'Request Entity Too Large'), /max_content_length/],
  [answered(503, 'no shard available'), /overloaded or starting/],
  [named('ConnectionError', 'connect ECONNREFUSED 127.0.0.1:9200'), /No node answers/],
  [named('TimeoutError'), /No node answers/],
  [named('ProductNotSupportedError'), /no Elasticsearch/],
])('%s says what to do', (error, advice) => {
  const explained = explainedElastic(error, 'reading', ['http://es:9200']) as Error;
  expect(explained.message).toMatch(/^Elasticsearch at http:\/\/es:9200: reading failed/);
  expect(explained.message).toMatch(advice);
  expect(explained.cause).toBe(error);
  expect(statusOf(explained)).toBe(statusOf(error));
});

test('other errors stay as they are', () => {
  const error = new RangeError('mine');
  expect(explainedElastic(error, 'reading', [])).toBe(error);
  expect(statusOf(error)).toBeUndefined();
  expect(statusOf(undefined)).toBeUndefined();
});
