import { reportWindowOf, reportWindows } from '@margay/contracts';
import { HOUR, SECOND } from '@margay/ground';
import { openEmbeddedBus, publishAll } from '@margay/messaging';
import { silentLog } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { handingOn } from './hand-on.ts';
import { takeAll } from './testing/take-all.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z') * 1_000;
const asked = (i: number) =>
  reportWindowOf(
    'c',
    { name: 'daily', spec: { reportType: 'inventory' } },
    { start: NOON - HOUR - i, end: NOON - HOUR },
    true,
  );

/** A scheduler that hands on every second. */
function handing() {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const { windows } = stores;
  onTestFinished(async () => {
    await bus.close();
    await stores.close();
  });
  const handOn = handingOn({
    bus,
    windows: [windows],
    log: silentLog,
    hand: (due) => publishAll(bus, reportWindows, due),
  });
  const seconds = async (from: number, to: number) => {
    for (let now = NOON + from * SECOND; now < NOON + to * SECOND; now += SECOND) await handOn(now);
  };
  const published = async () => {
    const ids: string[] = [];
    for await (const { value } of bus.peek(reportWindows.name)) ids.push(reportWindows.decode(value).id);
    return ids;
  };
  return { bus, windows, seconds, published };
}

test('a run that people ask for, and that waits behind the workers for an hour, is handed on once', async () => {
  const { bus, windows, seconds, published } = handing();
  await windows.emit([asked(1)], NOON);
  await seconds(0, 1);
  await takeAll(bus);
  await windows.complete(asked(1).id, NOON);
  // The workers have passed the end of the topic, behind which the next one comes.
  await windows.emit([asked(2)], NOON);
  await seconds(10, 3_600);
  expect(await published()).toEqual([asked(1).id, asked(2).id]);
});

test('one that another scheduler has kept, and publishes a moment later, is not taken for lost', async () => {
  const { bus, windows, seconds, published } = handing();
  const scheduled = { ...asked(3), manual: false };
  await windows.emit([scheduled], NOON);
  await seconds(0, 1);
  await publishAll(bus, reportWindows, [scheduled]);
  await seconds(1, 3_600);
  expect(await published()).toEqual([scheduled.id]);
});
