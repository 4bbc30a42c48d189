import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inBatches } from './in-batches.ts';

/** Items come at once; a number is a pause in milliseconds, an error a failure. */
async function* source(...steps: readonly (string | number | Error)[]): AsyncGenerator<string> {
  for (const step of steps) {
    if (typeof step === 'number') await sleep(step);
    else if (step instanceof Error) throw step;
    else yield step;
  }
}

async function batchesOf(steps: readonly (string | number | Error)[], max = 3): Promise<readonly string[][]> {
  const batches: string[][] = [];
  try {
    for await (const batch of inBatches(source(...steps), max)) batches.push([...batch]);
  } catch (error) {
    batches.push([(error as Error).message]);
  }
  return batches;
}

test.each([
  ['nothing', [], []],
  ['what is there already comes together', ['a', 'b'], [['a', 'b']]],
  ['no more than fit', ['a', 'b', 'c', 'd'], [['a', 'b', 'c'], ['d']]],
  ['what comes later comes later', ['a', 20, 'b', 'c'], [['a'], ['b', 'c']]],
  ['what came before a failure comes before it', ['a', 'b', new Error('gone')], [['a', 'b'], ['gone']]],
  ['a failure after a pause', ['a', 20, new Error('gone')], [['a'], ['gone']]],
  ['a failure at once', [new Error('gone')], [['gone']]],
])('%s', async (_, steps, expected) => expect(await batchesOf(steps)).toEqual(expected));

test('items wait in order while the consumer is busy', async () => {
  const seen: (readonly string[])[] = [];
  for await (const batch of inBatches(source('a', 5, 'b', 5, 'c', 5, 'd'), 10)) {
    seen.push(batch);
    await sleep(30);
  }
  expect(seen.flat()).toEqual(['a', 'b', 'c', 'd']);
});
