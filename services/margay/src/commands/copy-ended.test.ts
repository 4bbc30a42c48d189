import { SECOND } from '@margay/ground';
import type { Change } from '@margay/history';
import { beforeEach, expect, test } from 'vitest';
import { ownDataFolder } from '../testing/data-folder.ts';
import { copyEndedCommand } from './copy-ended.ts';

/** That two clusters tell, as the history has it where it was found. */
const two = (at: number): Change => ({
  id: `two-clusters/${at}`,
  eventId: `two-clusters/${at}`,
  what: 'doubtful',
  group: '',
  resource: '',
  namespace: '',
  name: '',
  at,
  receivedAt: at,
  doubt: { reason: 'two-clusters', may: 'be-anything', message: 'Two clusters …' },
  origin: { source: '', position: 0 },
});

let folder: ReturnType<typeof ownDataFolder>;
beforeEach(() => {
  folder = ownDataFolder();
});

const run = (because = 'it was shut down') => folder.say(copyEndedCommand(), because);
const doubts = () =>
  folder.inStores(async ({ history }) => {
    const found = [];
    for await (const version of history.versions({ start: 0, end: 2 ** 52 })) found.push(version);
    return found.map(({ doubt, validFrom, validTo }) => ({
      reason: doubt!.reason,
      validFrom,
      validTo,
      doubt,
    }));
  });

test('that a copy was ended ends the doubt from a minute later on, and says who said so and why', async () => {
  const [begun, before] = [1_000 * SECOND, Date.now() * 1_000];
  await folder.inStores(({ history }) => history.append([two(begun)]));
  await run();
  const [past, left] = await doubts();
  expect(past).toMatchObject({ reason: 'two-clusters', validFrom: begun, validTo: left!.validFrom });
  expect(left).toMatchObject({ reason: 'copy-ended', validTo: undefined });
  expect(left!.validFrom).toBeGreaterThanOrEqual(before + 60 * SECOND);
  expect(left!.doubt!.message).toMatch(/^ann said at .* it was shut down\. What was seen before/);
  await expect(run()).rejects.toThrow(/^Nothing shows that two clusters tell/);
});

test.each([
  ['there is no copy', undefined, 'x', /^Nothing shows that two clusters tell/],
  ['a clock is wrong', Date.now() * 1_000 + 3_600 * SECOND, 'x', /a clock is wrong/],
  ['it does not say why', 1_000 * SECOND, ' ', /one line of 1 to 500 characters/],
  ['it says so in more than one line', 1_000 * SECOND, 'a\nb', /one line of 1 to 500 characters/],
])('where %s, nothing is changed', async (_, at, because, message) => {
  await folder.inStores(async ({ history }) => void (at === undefined || (await history.append([two(at)]))));
  const before = await doubts();
  await expect(run(because)).rejects.toThrow(message);
  expect(await doubts()).toEqual(before);
});
