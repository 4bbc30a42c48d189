import { Away } from '@margay/runtime';
import { expect, test } from 'vitest';
import { watchedWrites } from './writes.ts';

test('a write that has no answer for ten seconds is told of, until it has one', async () => {
  let now = 0;
  const writes = watchedWrites(() => now);
  const answer = Promise.withResolvers<string>();
  const written = writes.during('writing documents', () => answer.promise);
  now = 9_999;
  expect(writes.problem()).toBeUndefined();
  now = 34_000;
  expect(writes.problem()).toMatch(/^Elasticsearch: writing documents has had no answer for 34 s/);
  answer.resolve('done');
  expect(await written).toBe('done');
  expect(writes.problem()).toBeUndefined();
});

test('one that Elasticsearch cannot keep now is told of until another is kept, also between the tries', async () => {
  const writes = watchedWrites();
  const full = new Away('the disk is full');
  await expect(writes.during('writing', () => Promise.reject(full))).rejects.toBe(full);
  expect(writes.problem()).toBe('the disk is full');
  const next = writes.during('writing', async () => {
    expect(writes.problem()).toBe('the disk is full');
  });
  await next;
  expect(writes.problem()).toBeUndefined();
});

test('a document that is refused, or somebody else was faster with, says nothing of the others', async () => {
  const writes = watchedWrites();
  await expect(writes.during('writing', () => Promise.reject(new Error('too large')))).rejects.toThrow();
  expect(writes.problem()).toBeUndefined();
});
