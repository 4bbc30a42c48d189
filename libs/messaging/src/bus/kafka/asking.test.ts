import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import { askingBy } from './asking.ts';

const error = (retriable: boolean) =>
  Object.assign(new Error('This server is not the leader for that topic-partition'), { retriable });

/** Connections, each of which fails its questions until so many were made. */
function connections(answeringFrom: number, failure: Error) {
  const open = new Set<number>();
  let made = 0;
  const asking = askingBy(() => {
    const number = ++made;
    return {
      connect: async () => void open.add(number),
      disconnect: async () => void open.delete(number),
      listTopics: async () => {
        if (number < answeringFrom) throw failure;
        return [`of connection ${number}`];
      },
    } as unknown as Admin;
  });
  return { asking, open, listTopics: () => asking.ask((admin) => admin.listTopics()) };
}

test('a question that a broker cannot answer yet is asked again by a new connection, and the old one is closed', async () => {
  const { asking, open, listTopics } = connections(3, error(true));
  expect(await listTopics()).toEqual(['of connection 3']);
  expect(await listTopics()).toEqual(['of connection 3']);
  expect([...open]).toEqual([3]);
  await asking.close();
  await expect(listTopics()).rejects.toThrow('closed');
  expect([...open]).toEqual([]);
});

test('an error that another try does not change is told at once', async () => {
  const refused = error(false);
  const { open, listTopics } = connections(2, refused);
  await expect(listTopics()).rejects.toBe(refused);
  expect([...open]).toEqual([]);
  expect(await listTopics()).toEqual(['of connection 2']);
});

test('a connection that failed one question is kept for the others that are being asked by it', async () => {
  const { asking, open } = connections(1, error(true));
  const slow = Promise.withResolvers<string>();
  const first = asking.ask(() => slow.promise);
  await expect(asking.ask(() => Promise.reject(error(false)))).rejects.toThrow('not the leader');
  expect([...open]).toEqual([1]);
  slow.resolve('answer');
  expect(await first).toBe('answer');
  expect([...open]).toEqual([]);
});
