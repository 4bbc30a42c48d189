import { allWindows, type WindowRecord, type Windows } from '@margay/storage';

/** So many of the windows that failed are asked for at each look, the newest: of all there may be any number. */
const FAILED_AT_ONCE = 200;

/**
 * The windows that may have no report, as they are looked at again and again: those that are emitted or running, and those that failed. What is
 * new is found at each look, but for one that came and failed between two and ended long ago: that is found when all are looked at.
 */
export function openWindows(
  windows: Pick<Windows, 'list' | 'get'>,
): (isWhole: boolean) => Promise<WindowRecord[]> {
  let known = new Map<string, WindowRecord>();
  return async (isWhole) => {
    const active = await allWindows(windows, { states: ['emitted', 'running'] });
    const failed = isWhole
      ? await allWindows(windows, { states: ['failed'] })
      : await windows.list({ states: ['failed'], limit: FAILED_AT_ONCE });
    const next = new Map([...failed, ...active].map((record) => [record.window.id, record]));
    for (const [id, before] of known) {
      if (next.has(id)) continue;
      // What failed stays so, unless it is asked for again: then it is among the others, or archived.
      const now = before.state === 'failed' && !isWhole ? before : await windows.get(id);
      if (now !== undefined && now.state !== 'completed') next.set(id, now);
    }
    known = next;
    return [...next.values()];
  };
}
