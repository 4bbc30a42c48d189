import { failureOf } from '@margay/runtime';
import { expect, test } from 'vitest';
import { explainedElastic, isAboutDocument, isAnswerTooLarge, isTooLarge, statusOf } from './unusable.ts';

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
    answered(503, 'cluster_block_exception: blocked by: [SERVICE_UNAVAILABLE/2/no master];'),
    /has no master.*disks.*Nothing is lost/,
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
  expect(statusOf(explained)).toBe(statusOf(error));
});

test('other errors stay as they are', () => {
  const error = new RangeError('mine');
  expect(explainedElastic(error, 'reading', [])).toBe(error);
  expect(statusOf(error)).toBeUndefined();
  expect(statusOf(undefined)).toBeUndefined();
});

test('what another part did is told as its failure, whatever it is called', () => {
  const failed = failureOf({ part: 'Kafka', doing: 'consuming', said: 'ConnectionError' });
  for (const error of [failed, Object.assign(new Error('x', { cause: failed }), { name: 'ConnectionError' })])
    expect(explainedElastic(error, 'reading', [])).toBe(error);
});

/** As the client makes it of an answer. */
const refusing = (error: object) =>
  Object.assign(new Error(JSON.stringify(error)), {
    name: 'ResponseError',
    statusCode: 400,
    meta: { body: { error } },
  });

test('what was written is not in what is told of its refusal, nor are credentials of the address', () => {
  const parsing = {
    type: 'document_parsing_exception',
    reason: "[1:9] failed to parse field [at] of type [long]. Preview of field's value: 's3cret'",
    caused_by: { type: 'illegal_argument_exception', reason: 'For input string: "s3cret"' },
  };
  const explained = explainedElastic(
    refusing({ ...parsing, root_cause: [parsing] }),
    'writing document 1 of x',
    ['https://elastic:s3cret@es:9200/s3cret'],
  ) as Error;
  expect(explained.message).toMatch(
    /^Elasticsearch at https:\/\/es:9200: writing document 1 of x failed \(400 document_parsing_exception, illegal_argument_exception\)\. An index/,
  );
  expect(explained.cause).toBeUndefined();
  const blocked = refusing({ type: 'cluster_block_exception', reason: 'index [x] blocked' });
  expect(explainedElastic(blocked, 'reading', [])).toMatchObject({
    message: expect.stringContaining('400 cluster_block_exception: index [x] blocked') as string,
  });
});

const overloaded = (asked: number, most: number) =>
  answered(
    429,
    `es_rejected_execution_exception: rejected execution of coordinating operation [coordinating_and_primary_bytes=0, coordinating_operation_bytes=${asked}, max_coordinating_and_primary_bytes=${most}]`,
  );

test.each<[Error, 'request' | 'answer' | undefined]>([
  [answered(413, 'Request Entity Too Large'), 'request'],
  [overloaded(60_000_000, 53_687_091), 'request'],
  [overloaded(10_000_000, 53_687_091), undefined],
  [answered(429, 'circuit_breaking_exception: [parent] Data too large'), 'answer'],
  [
    named('RequestAbortedError', 'The content length (9) is bigger than the maximum allowed string (8)'),
    'answer',
  ],
  [answered(503, 'no shard available'), undefined],
])('%s is too large as a whole: %s', (error, expected) => {
  const explained = explainedElastic(error, 'reading', ['http://es:9200']);
  expect([isTooLarge(explained), isAnswerTooLarge(explained)]).toEqual([
    expected === 'request',
    expected === 'answer',
  ]);
});

test.each([
  ['illegal_argument_exception', 'Document contains at least one immense term in field="name"', true],
  ['document_parsing_exception', '[1:20] failed to parse field [at] of type [long]', true],
  ['illegal_argument_exception', 'Value [1e300] is out of range for a long', true],
  ['strict_dynamic_mapping_exception', '[1:8] mapping set to strict, dynamic introduction of [x]', false],
  ['validation_exception', 'this action would add [2] shards, but this cluster has the maximum open', false],
])('%s: %s is about one document: %s', (type, reason, expected) => {
  expect(isAboutDocument(type, reason)).toBe(expected);
});
