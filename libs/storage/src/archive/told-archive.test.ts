import { expect, test } from 'vitest';
import { openEmbedded } from '../embedded.ts';
import { collect } from '../testing/collect.ts';
import { ArchiveDamaged } from './damaged.ts';
import { toldArchive } from './told-archive.ts';

test('what is not what was archived is told whichever way it is read, and what was removed is not', async () => {
  const { archive } = openEmbedded(':memory:');
  let now: Error = new ArchiveDamaged('header', 'changed');
  const fails = () => Promise.reject(now);
  const damaged = {
    ...archive,
    header: fails,
    complete: fails,
    part: fails,
    async *parts() {
      yield [1];
      throw now;
    },
  };
  const told: string[] = [];
  const read = toldArchive(damaged, ({ message }) => void told.push(message));
  const readAll = async () => {
    for (const reading of [
      () => read.header('r'),
      () => read.complete({} as never),
      () => read.part('r', 0),
      () => collect(read.parts('r')),
    ])
      await expect(reading()).rejects.toBe(now);
  };
  await readAll();
  expect(told).toEqual(['changed', 'changed', 'changed', 'changed']);
  now = new ArchiveDamaged('part', 'removed', { isGone: true });
  await readAll();
  now = new Error('another');
  await readAll();
  expect(told).toHaveLength(4);
});
