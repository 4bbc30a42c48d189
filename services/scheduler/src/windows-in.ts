import type { WindowRecord, WindowState } from '@margay/storage';

/** All windows in these states that it is looked at. */
export type WindowsIn = (states: readonly WindowState[]) => Promise<readonly WindowRecord[]>;
