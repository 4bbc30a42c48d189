import { expect, test } from 'vitest';
import { behindHeader, deletedBehind } from './behind.ts';
import type { Bus, Delivery } from './bus/bus.ts';
import { openEmbeddedBus } from './bus/embedded.ts';

/** A bus on which topics were made anew at some times. */
const madeAnew = (at: Readonly<Record<string, number>>): { readonly bus: Bus; readonly asked: string[] } => {
  const asked: string[] = [];
  const holds: Bus['holds'] = async (topic, { partition, offset }, by) => {
    asked.push(`${topic}/${partition}@${offset}`);
    return by >= (at[topic] ?? 0);
  };
  return { bus: { ...openEmbeddedBus(':memory:'), holds }, asked };
};

const mark = (publishedAt: number, header: Readonly<Record<string, string>>): Delivery => ({
  topic: 'marks',
  partition: 0,
  offset: String(publishedAt),
  key: 'k',
  value: new Uint8Array(),
  publishedAt,
  headers: header,
});

const header = behindHeader([
  { topic: 'margay.resource-changes', partition: 2, offset: '7' },
  undefined,
  { topic: 'margay.policy-events', partition: 0, offset: '1' },
]);
const TOPICS = ['margay.resource-changes', 'margay.policy-events'];

test('what was published before stands in a header, and nothing does where there was nothing', () => {
  expect(header).toEqual({ behind: 'margay.resource-changes/2@7,margay.policy-events/0@1' });
  expect(behindHeader([undefined])).toEqual({});
});

test('up to the last message whose topic is another one, what stood behind it is deleted; the next ones need no question', async () => {
  const { bus, asked } = madeAnew({ 'margay.resource-changes': 25 });
  const marks = [40, 10, 30, 20].map((at) => mark(at, header));
  expect(await deletedBehind(bus, marks, TOPICS)).toEqual([
    { topic: 'margay.resource-changes', partition: 2, from: 7, to: 7, before: 20 },
  ]);
  expect(asked.filter((place) => place.startsWith('margay.policy-events'))).toHaveLength(1);
  expect(asked.filter((place) => place.startsWith('margay.resource-changes'))).toHaveLength(3);
});

test.each([
  ['messages that vouch for nothing', {}],
  ['headers that others wrote', { behind: 'no place,a/b@c,../1@2,margay.flows/0@1' }],
])('of %s nothing is asked', async (_, headers) => {
  const { bus, asked } = madeAnew({});
  expect(await deletedBehind(bus, [mark(1, headers)], TOPICS)).toEqual([]);
  expect(asked).toEqual([]);
});
