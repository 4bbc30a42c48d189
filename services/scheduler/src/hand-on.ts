import { isParent, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import type { Bus } from '@margay/messaging';
import { atOnce, type Log } from '@margay/runtime';
import { allWindows, type Windows } from '@margay/storage';
import { askedWindows } from './asked-windows.ts';
import { lostWindows } from './lost-windows.ts';
import type { WindowsIn } from './windows-in.ts';

/** Has windows computed, each at least once. */
export type Hand = (windows: readonly ReportWindow[]) => Promise<unknown>;

export interface HandOnOptions {
  readonly bus: Bus;
  /** Of every cluster that it is about. */
  readonly windows: readonly Pick<Windows, 'list'>[];
  readonly log: Log;
  readonly hand: Hand;
  /** Which windows it is about; all unless given. Never runs over many clusters, of which nothing is computed. */
  readonly isOurs?: (window: ReportWindow) => boolean;
  /** Whether somebody works on a window whose message is gone; nobody does unless given. */
  readonly isAtWork?: (windowId: string) => boolean;
}

/**
 * Hands on what no schedule emits: runs that people asked for, and windows that got lost, which it says. To be called again and again; who
 * leads in the cluster does not matter.
 */
export function handingOn(options: HandOnOptions): (now: Instant) => Promise<void> {
  const { bus, windows, log, hand, isOurs = () => true, isAtWork = () => false } = options;
  const ours: WindowsIn = async (states) => {
    const listed = await atOnce(windows, (each) => allWindows(each, { states }));
    return listed.flat().filter(({ window }) => !isParent(window) && isOurs(window));
  };
  const asked = askedWindows(ours);
  const lost = lostWindows(bus, ours);
  return async (now) => {
    // Before it is looked for lost ones: these stand on the topic then.
    const asking = await asked.find();
    if (asking.length > 0) await hand(asking);
    const left = (await lost.find(now)).filter(({ id }) => !isAtWork(id));
    for (const { id, reportName: report } of left)
      log.info('A window that nobody works on any more is handed to the workers again', { id, report });
    if (left.length > 0) await hand(left);
  };
}
