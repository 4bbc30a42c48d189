import { reportsCompleted, reportsFailed } from '@margay/contracts';
import type { Instant } from '@margay/history';
import { consume, type Bus, type HandleOptions } from '@margay/messaging';
import type { Windows } from '@margay/storage';

const GROUP = 'scheduler';

/** Keeps what became of windows, as `report-completed` and `report-failed` tell it. */
export async function followResults(
  bus: Bus,
  windows: Windows,
  now: () => Instant,
  options: HandleOptions,
): Promise<void> {
  await Promise.all([
    consume(
      bus,
      reportsCompleted,
      GROUP,
      async (completed) => {
        for (const { id } of completed) await windows.complete(id, now());
      },
      options,
    ),
    consume(
      bus,
      reportsFailed,
      GROUP,
      async (failed) => {
        for (const { id, reason, attempts } of failed) await windows.fail(id, reason, attempts, now());
      },
      options,
    ),
  ]);
}
