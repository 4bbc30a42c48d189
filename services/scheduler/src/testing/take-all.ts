import { reportWindows, WORKER_GROUP } from '@margay/contracts';
import type { Bus } from '@margay/messaging';

/** The workers take all windows that are on the topic, and are done with them; what came of them is up to the test. @returns how many. */
export async function takeAll(bus: Bus): Promise<number> {
  const count = await bus.lag(reportWindows.name, WORKER_GROUP);
  if (count === 0) return 0;
  let left = count;
  const stop = new AbortController();
  const options = { signal: stop.signal, batchMax: 1 };
  await bus.consume(
    reportWindows.name,
    WORKER_GROUP,
    async () => void (--left === 0 && stop.abort()),
    options,
  );
  return count;
}
