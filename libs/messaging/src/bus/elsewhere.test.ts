import { expect, onTestFinished, test } from 'vitest';
import { Unprocessable } from '../unprocessable.ts';
import type { Bus } from './bus.ts';
import { withTopicsElsewhere } from './elsewhere.ts';
import { openEmbeddedBus } from './embedded.ts';

const OTHER = 'raw-audit';

/** Two buses, each with messages on both topics, and what is one of them. */
async function buses() {
  const own = openEmbeddedBus(':memory:');
  const hub = openEmbeddedBus(':memory:');
  const bus = withTopicsElsewhere(own, hub, [OTHER]);
  onTestFinished(() => bus.close());
  for (const [at, name] of [
    [own, 'own'],
    [hub, 'hub'],
  ] as const)
    for (const topic of ['changes', OTHER])
      await at.publish(topic, [{ key: 'k', value: Buffer.from(`${topic} of ${name}`) }]);
  return { own, hub, bus };
}

const texts = async (bus: Bus, topic: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { value } of bus.peek(topic)) found.push(Buffer.from(value).toString());
  return found;
};

test('a topic that is elsewhere is read there, and where its group stands is kept there', async () => {
  const { own, hub, bus } = await buses();
  const read = async (topic: string) => {
    const stop = new AbortController();
    const seen: string[] = [];
    const handler = async (batch: readonly { readonly value: Uint8Array }[]) => {
      seen.push(...batch.map(({ value }) => Buffer.from(value).toString()));
      stop.abort();
    };
    await bus.consume(topic, 'g', handler, { signal: stop.signal });
    return seen;
  };
  expect(await read(OTHER)).toEqual([`${OTHER} of hub`]);
  expect([await hub.lag(OTHER, 'g'), await bus.lag(OTHER, 'g'), await own.lag(OTHER, 'g')]).toEqual([
    0, 0, 1,
  ]);
  expect(await read('changes')).toEqual(['changes of own']);
  expect([await own.lag('changes', 'g'), await hub.lag('changes', 'g')]).toEqual([0, 1]);
});

test('what is published, and every dead letter, is on the bus itself', async () => {
  const { own, hub, bus } = await buses();
  await bus.publish('changes', [{ key: 'k', value: Buffer.from('more') }]);
  expect([await texts(own, 'changes'), await texts(hub, 'changes')]).toEqual([
    ['changes of own', 'more'],
    ['changes of hub'],
  ]);
  for await (const delivery of bus.peek(OTHER))
    await bus.deadLetters(OTHER, [{ delivery, error: new Unprocessable('undecodable', 'no') }]);
  expect([(await texts(own, `${OTHER}.dlq`)).length, (await texts(hub, `${OTHER}.dlq`)).length]).toEqual([
    1, 0,
  ]);
});

test('both are closed with it', async () => {
  const { own, hub, bus } = await buses();
  await bus.close();
  for (const one of [own, hub])
    await expect(one.publish('changes', [{ key: 'k', value: Buffer.from('x') }])).rejects.toThrow();
});
