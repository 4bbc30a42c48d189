import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delivery, Message } from './bus.ts';
import { noticeIn } from './notice.ts';
import { Assembly, inParts, sizeOf } from './parts.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const message = (key: string, value: string): Message => ({
  key,
  value: bytesOf(value),
  headers: { own: 'x' },
});
const said = ({ key, value }: Message) => `${key}=${new TextDecoder().decode(value)}`;

/** Messages as they stand in a partition. */
const logOf = (messages: readonly Message[], from = 0): Delivery[] =>
  messages.map((each, i) => ({
    ...each,
    headers: { ...each.headers },
    topic: 't',
    partition: 0,
    offset: String(from + i),
    publishedAt: i,
  }));

/** How much each part takes beside its value. */
function overhead(whole: Message, attempt: string): number {
  const [{ headers }] = inParts(whole, 1_000_000, attempt) as [Message];
  const longest = `${whole.value.length}/${whole.value.length}`;
  return sizeOf({ ...whole, value: bytesOf(''), headers: { ...headers, part: longest } });
}
/** The parts of a message, each with `size` bytes of its value. */
const cut = (key: string, value: string, size: number, attempt: string) => {
  const whole = message(key, value);
  return inParts(whole, overhead(whole, attempt) + size, attempt)!;
};

const take = (assembly: Assembly, log: readonly Delivery[]) =>
  log.flatMap((delivery) => assembly.take(delivery, 0));

/** What comes of a log: `key=value`, or why nothing does. */
const told = (deliveries: readonly Delivery[]) =>
  deliveries.map((each) =>
    noticeIn(each) ? `${each.key}@${each.offset}: ${noticeIn(each)!.message}` : said(each),
  );

const value = fc.string({ minLength: 1, maxLength: 40 });
const size = fc.integer({ min: 1, max: 60 });

test('parts put together are the message, and none is larger than asked for', () => {
  fc.assert(
    fc.property(fc.string(), value, size, (key, text, most) => {
      const bytesMax = overhead(message(key, text), 'attempt') + most;
      const parts = inParts(message(key, text), bytesMax, 'attempt')!;
      for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(bytesMax);
      const [whole, ...more] = take(new Assembly(), logOf(parts));
      expect(said(whole!)).toBe(said(message(key, text)));
      expect([whole!.headers, whole!.offset, more]).toEqual([{ own: 'x' }, String(parts.length - 1), []]);
    }),
  );
});

/** Attempts to publish, each of which stops behind a part of its own or is whole, in any mixture, with parts that come twice. */
const mixtures = fc
  .record({
    attempts: fc.array(
      fc.record({
        text: value,
        size,
        stopsAfter: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    order: fc.infiniteStream(fc.nat()),
    twice: fc.infiniteStream(fc.boolean()),
  })
  .map(({ attempts, order, twice }) => {
    const queues = attempts.map(({ text, size: most, stopsAfter }, i) =>
      cut(`k${i}`, text, most, `attempt-${i}`).slice(0, stopsAfter),
    );
    const log: Message[] = [];
    for (let left = queues.filter((queue) => queue.length > 0); left.length > 0;) {
      const queue = left[order.next().value! % left.length]!;
      const part = queue.shift()!;
      log.push(part, ...(twice.next().value! ? [part] : []), message('small', String(log.length)));
      left = left.filter((some) => some.length > 0);
    }
    return logOf(log);
  });

test('in whatever order they stand, whole messages come once each, and what is not whole does not', () => {
  fc.assert(
    fc.property(mixtures, (log) => {
      const expected = [...log.filter(({ key }) => key === 'small').map(said), ...wholeIn(log)];
      expect(told(take(new Assembly(), log)).sort()).toEqual(expected.sort());
    }),
  );
});

/** The messages of a log of which every part is there, found by looking at all of it. */
const wholeIn = (log: readonly Delivery[]): string[] =>
  [...Map.groupBy(log, ({ headers }) => headers['part-of'])].flatMap(([attempt, parts]) => {
    if (attempt === undefined) return [];
    const numbered = new Map(parts.map((part) => [part.headers['part'], part.value]));
    const [{ key, headers } = parts[0]!] = parts;
    const count = Number(headers['part']!.split('/')[1]);
    const values = Array.from({ length: count }, (_, i) => numbered.get(`${i + 1}/${count}`));
    return values.includes(undefined) ? [] : [said({ key, value: Buffer.concat(values as Uint8Array[]) })];
  });

/** What is told of a log by one who ends before an offset, and by one who begins again where the first is held. */
function toldInTwo(log: readonly Delivery[], ends: number): string[] {
  const before = new Assembly();
  const first = told(take(before, log.slice(0, ends)));
  const from = Number(before.heldFrom?.offset ?? ends);
  return [...first, ...told(take(new Assembly(), log.slice(from)))];
}

test('whoever begins again where it is held gets everything that was not delivered, and nothing else', () => {
  fc.assert(
    fc.property(mixtures, fc.nat(), (log, at) => {
      const once = logOf(log.filter((each, i) => each.headers['part'] !== log[i - 1]?.headers['part']));
      const ends = at % (once.length + 1);
      expect(new Set(toldInTwo(once, ends))).toEqual(new Set(told(take(new Assembly(), once))));
    }),
  );
});

test('where a part stands on both sides of that place, nothing is missing', () => {
  fc.assert(
    fc.property(mixtures, fc.nat(), (log, at) => {
      const again = toldInTwo(log, at % (log.length + 1));
      expect(again).toEqual(expect.arrayContaining(told(take(new Assembly(), log))));
    }),
  );
});

const parts = cut('k', 'abcdef', 2, 'one');
const again = cut('k', 'abcdef', 2, 'two');
const other = cut('other', 'xyz', 2, 'three');

test.each<[string, Message[], string[], string | undefined]>([
  ['is whole', parts, ['k=abcdef'], undefined],
  ['lacks its last part', parts.slice(0, 2), [], '0'],
  [
    'lacks its first part',
    parts.slice(1),
    ['k@0: a message in parts cannot be put together: its parts 1 to 1 of 3 are gone'],
    undefined,
  ],
  [
    'lacks one in the middle',
    [parts[0]!, parts[2]!],
    ['k@0: a message in parts cannot be put together: its parts 2 to 2 of 3 are gone'],
    undefined,
  ],
  ['was published again after its producer ended', [...parts.slice(0, 2), ...again], ['k=abcdef'], undefined],
  [
    'comes with parts of another attempt between its own',
    [parts[0]!, again[0]!, parts[1]!, again[1]!, again[2]!, parts[2]!],
    ['k=abcdef'],
    undefined,
  ],
  ['stands before one that is not finished', [...parts, other[0]!], ['k=abcdef'], '3'],
  [
    'ends behind the beginning of one that is not finished',
    [parts[0]!, other[0]!, parts[1]!, parts[2]!],
    ['k=abcdef'],
    '0',
  ],
  [
    'is not what was published',
    [parts[0]!, { ...parts[1]!, value: bytesOf('XX') }, parts[2]!],
    ['k@0: a message in parts cannot be put together: its parts do not make what was published'],
    undefined,
  ],
  [
    'is longer than it was',
    [parts[0]!, { ...parts[1]!, value: bytesOf('XXXXXX') }],
    ['k@0: a message in parts cannot be put together: its parts have more than the 6 bytes that it has'],
    undefined,
  ],
  [
    'is said to be longer than any',
    [{ ...parts[0]!, headers: { ...parts[0]!.headers, 'part-bytes': '1e12' } }],
    [
      'k@0: a message in parts cannot be put together: it has 1000000000000 bytes, and at most 67108864 are taken',
    ],
    undefined,
  ],
  ['only looks like one', [{ ...parts[0]!, headers: { 'part-of': 'x', part: 'y' } }], ['k=ab'], undefined],
])('a message that %s', (_, log, expected, held) => {
  const assembly = new Assembly();
  expect(told(take(assembly, logOf(log)))).toEqual(expected);
  expect(assembly.heldFrom?.offset).toBe(held);
});

test('what never gets its last part is given up where it is met again, and what comes of it later is known', () => {
  const assembly = new Assembly();
  const log = logOf([message('a', '1'), ...parts]);
  expect(told(log.slice(0, 3).flatMap((each) => assembly.take(each, 1_000)))).toEqual(['a=1']);
  expect(assembly.giveUpBefore(1_000)).toBeUndefined();
  expect(assembly.giveUpBefore(1_001)?.offset).toBe('1');
  expect(told(take(assembly, log.slice(1)))).toEqual([
    'k@1: a message in parts cannot be put together: no part behind the 2. of 3 came',
  ]);
  expect(assembly.heldFrom).toBeUndefined();
});

test('what is waited for no longer and comes all the same is taken', () => {
  const assembly = new Assembly();
  const log = logOf(parts);
  take(assembly, log.slice(0, 2));
  assembly.giveUpBefore(1);
  expect(told(take(assembly, log.slice(2)))).toEqual(['k=abcdef']);
});

test('a key that leaves no room for a part is not cut', () => {
  expect(inParts(message('k'.repeat(2_000), 'x'), 1_000, 'attempt')).toBeUndefined();
});
