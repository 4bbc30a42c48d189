import type { Arrivals } from './arrivals/arrivals.ts';
import type { Archive } from './archive/archive.ts';
import type { Coverage } from './coverage/coverage.ts';
import type { Flows } from './flows/flows.ts';
import type { History } from './history/history.ts';
import type { Trail } from './trail/trail.ts';
import type { Windows } from './windows/windows.ts';

/** Every store of one cluster. */
export interface Stores {
  readonly history: History;
  readonly trail: Trail;
  readonly flows: Flows;
  readonly coverage: Coverage;
  /** In which order the four above were written. */
  readonly arrivals: Arrivals;
  readonly archive: Archive;
  readonly windows: Windows;
  /** Safe to call twice. */
  close(): Promise<void>;
}
