import { openEmbeddedBus } from '@margay/messaging';

/**
 * A process to be killed: publishes the numbers from 0 on to topic `t` of the bus in the folder that it is given, and
 * tells its parent the last one after each acknowledgement.
 */
const bus = openEmbeddedBus(process.argv[2] ?? '');
for (let next = 0; ;) {
  const batch = Array.from({ length: 10 }, () => ({ key: 'k', value: Buffer.from(String(next++)) }));
  await bus.publish('t', batch);
  process.send?.(next - 1);
}
