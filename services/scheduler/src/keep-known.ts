import type { KnownReport, Windows } from '@margay/storage';

/** Keeps for lists which GlobalReports there are and what is due next, where that changed since the last time. */
export function keepKnown(windows: Windows): (known: readonly KnownReport[]) => Promise<void> {
  let kept: string | undefined;
  return async (known) => {
    const text = JSON.stringify(known);
    if (text === kept) return;
    await windows.keepReports(known);
    kept = text;
  };
}
