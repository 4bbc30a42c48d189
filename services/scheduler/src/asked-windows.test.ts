import { allWindows, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { askedWindows } from './asked-windows.ts';
import { evidenceSpan } from './evidence-span.ts';

const window = (id: string, manual = true) => ({
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType: 'inventory',
  spec: {},
  start: 0,
  end: 10,
  manual,
});

test('what people ask for is found once for each time that they ask; what a schedule emits is not', async () => {
  const stores = openEmbedded(':memory:');
  const { windows } = stores;
  onTestFinished(() => stores.close());
  const asked = askedWindows((states) => allWindows(windows, { states }));
  const ids = async () => (await asked.find()).map(({ id }) => id);
  await windows.emit([window('a'), window('b', false)], 20);
  expect(await ids()).toEqual(['a']);
  await windows.emit([window('c')], 30);
  expect(await ids()).toEqual(['c']);
  await windows.begin('a', 1, 40);
  expect(await ids()).toEqual([]);
  await windows.fail('a', 'no disk', 7, 50);
  expect(await ids()).toEqual([]);
  await windows.again('a', 60);
  expect(await ids()).toEqual(['a']);
});

test('windows of the past wait while evidence comes to its end, and no longer than ten seconds after the last came', async () => {
  let span: { first: number; last: number } | undefined;
  const now = 1_000_000_000;
  const seen = evidenceSpan({ span: async () => span });
  expect(await seen(now)).toBeUndefined();
  span = { first: 5, last: 100 };
  expect(await seen(now)).toEqual({ first: 5, last: 100, until: 100 });
  span = { first: 5, last: 200 };
  expect(await seen(now + 9_000_000)).toMatchObject({ until: 200 });
  expect(await seen(now + 18_999_999)).toMatchObject({ until: 200 });
  expect(await seen(now + 19_000_000)).toMatchObject({ until: now + 19_000_000 });
});
