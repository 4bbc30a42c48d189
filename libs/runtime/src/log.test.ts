import { expect, test } from 'vitest';
import { openLog, type LogLevel } from './log.ts';
import { traced } from './tracing/trace.ts';

/** A log, and the lines that it wrote. */
function setUp(level?: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const to = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) };
  return { lines, log: openLog({ service: 'test', ...(level && { level }), to }) };
}

test('a line has a constant message, a level, a time and its fields', () => {
  const { lines, log } = setUp();
  log.with({ cluster: 'a' }).warn('A source is late', { source: 'x', seconds: 5 });
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'test',
      message: 'A source is late',
      cluster: 'a',
      source: 'x',
      seconds: 5,
    },
  ]);
});

test('lines below the level are not written', () => {
  const { lines, log } = setUp('error');
  log.debug('a');
  log.info('b');
  log.warn('c');
  expect(lines).toEqual([]);
});

test.each([
  [{ password: 'hunter2' }, 'hunter2'],
  [{ headers: { Authorization: 'Bearer abc' } }, 'abc'],
  [{ settings: [{ apiKey: 'k-123' }] }, 'k-123'],
  [{ url: 'https://elastic:changeme@example:9200/' }, 'changeme'],
  [
    {
      error: new Error('GET https://u:pw-1@example failed', { cause: new Error('token at kafka://t0ken@h') }),
    },
    'pw-1',
  ],
  [{ error: new Error('x', { cause: new Error('at kafka://t0ken@h') }) }, 't0ken'],
])('of %j the secret is not written', (fields, secret) => {
  const { lines, log } = setUp();
  log.error('Failed', fields);
  log.with(fields).error('Failed');
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain(secret);
});

test('an error is an object with its message, code and cause', () => {
  const { lines, log } = setUp();
  const error = Object.assign(new Error('no', { cause: new TypeError('why') }), { code: 'EX' });
  log.error('Failed', { error });
  expect(lines[0]!['error']).toMatchObject({
    name: 'Error',
    message: 'no',
    code: 'EX',
    cause: { name: 'TypeError', message: 'why' },
  });
});

test('lines of one piece of work carry one trace, whatever it awaits', async () => {
  const { lines, log } = setUp();
  const from = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  await traced('outer', { from }, async () => {
    log.info('one');
    await traced('inner', {}, async () => log.info('two'));
  });
  log.info('three');
  expect(lines.map(({ trace }) => trace)).toEqual(['a'.repeat(32), 'a'.repeat(32), undefined]);
});
