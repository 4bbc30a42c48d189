import { reportsCompleted, reportsFailed } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { consume, type Bus, type HandleOptions } from '@margay/messaging';
import { together } from '@margay/runtime';
import type { Windows } from '@margay/storage';

const GROUP = 'scheduler';

/** Keeps what became of windows, as `report-completed` and `report-failed` tell it. */
export async function followResults(
  bus: Bus,
  windows: Windows,
  now: () => Instant,
  options: HandleOptions,
): Promise<void> {
  await together(options.signal, (signal) => [
    consume(
      bus,
      reportsCompleted,
      GROUP,
      async (completed) => {
        for (const { id } of completed) await windows.complete(id, now());
      },
      { ...options, signal },
    ),
    consume(
      bus,
      reportsFailed,
      GROUP,
      async (failed) => {
        for (const { id, reason, attempts } of failed) await windows.fail(id, reason, attempts, now());
      },
      { ...options, signal },
    ),
  ]);
}
