import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvent } from './read-event.ts';
import { SourceMemory } from './source-memory.ts';
import { event, policy, policyReference } from './testing/events.ts';
import type { Change } from './change.ts';

/** `second name number`: what was created, with `~` before the number what was written again, with `!` by another source. */
const eventOf = (told: string) => {
  const [second = '', name = '', number = ''] = told.split(' ');
  const at = `2026-11-24T01:${String(Math.floor(Number(second) / 60)).padStart(2, '0')}:${String(Number(second) % 60).padStart(2, '0')}`;
  const creates = !number.startsWith('~');
  return readEvent(
    event({
      auditID: told,
      verb: creates ? 'create' : 'update',
      objectRef: policyReference({ name }),
      responseStatus: { code: creates ? 201 : 200 },
      responseObject: policy({ name, uid: name, resourceVersion: number.replace(/^[~!]/, '') }),
      requestReceivedTimestamp: `${at}.000000Z`,
      stageTimestamp: `${at}.100000Z`,
    }),
    { source: number.startsWith('!') ? 'other' : 'audit.log', position: 1 },
  );
};

const shown = ({ group, resource, name, receivedAt, at, doubt }: Change) =>
  `${group}${resource}${name}everything from ${seconds(receivedAt)} to ${seconds(at)}: ${doubt?.reason}`;
const seconds = (instant: number): number => (instant % 3_600e6) / 1e6;

/** What follows of everything. */
const doubtsOf = (...batches: readonly (readonly string[])[]): string[] => {
  const memory = new SourceMemory();
  return batches
    .flatMap((batch) => memory.tell('audit.log', batch.map(eventOf)).changes)
    .filter(({ resource }) => resource === '')
    .map(shown);
};

test.each<[why: string, told: string[], doubts: string[]]>([
  ['goes up', ['1 a 10', '2 b 11', '9 c 15'], []],
  ['goes back', ['1 a 10', '2 b 20', '9 c 15'], ['everything from 122.1 to 129: counter-went-back']],
  [
    'goes back once',
    ['1 a 10', '2 b 20', '9 c 15', '19 d 16', '29 e 21'],
    ['everything from 122.1 to 129: counter-went-back'],
  ],
  [
    'goes back twice',
    ['1 a 20', '9 b 15', '19 c 16', '29 d 12'],
    ['everything from 121.1 to 129: counter-went-back', 'everything from 139.1 to 149: counter-went-back'],
  ],
  ['is told out of order', ['9 c 15', '1 a 10', '12 d 16', '2 b 11'], []],
  ['is told by clocks that differ', ['3 a 20', '5 b 15'], []],
  ['is an old one, of what was written without an effect', ['1 a 10', '2 b 20', '9 a ~10'], []],
  [
    'goes back by what is known of a write',
    ['1 a 10', '2 b ~20', '9 c 15'],
    ['everything from 122.1 to 129: counter-went-back'],
  ],
  ['is that of another source', ['1 a 20', '9 b !15'], []],
  ['has more digits', ['1 a 99', '9 b 100', '19 c 101'], []],
])('the counter %s', (_, told, doubts) => {
  const later = told.map((one) => one.replace(/^\d+/, (second) => String(Number(second) + 120)));
  expect(doubtsOf(later)).toEqual(doubts);
});

test('what follows does not depend on how a log is cut', () => {
  const write = fc.tuple(
    fc.nat(40),
    fc.constantFrom('a', 'b', 'c'),
    fc.integer({ min: 1, max: 30 }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), fc.nat(12), (writes, cut) => {
      const told = writes.map(
        ([second, name, number, again]) => `${second} ${name} ${again ? '~' : ''}${number}`,
      );
      expect(doubtsOf(told.slice(0, cut), told.slice(cut))).toEqual(doubtsOf(told));
    }),
  );
});
