import { expect, test } from 'vitest';
import { onceDone } from './once-done.ts';

test('work is done once for all who ask, and tried again where it failed', async () => {
  let tries = 0;
  const asked = onceDone(async () => {
    tries++;
    if (tries < 3) throw new Error(`away ${tries}`);
  });
  const failures = await Promise.allSettled([asked(), asked()]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(asked()).rejects.toThrow('away 2');
  await Promise.all([asked(), asked()]);
  await asked();
  expect(tries).toBe(3);
});
