import type { Arrivals } from './arrivals/arrivals.ts';
import type { Archive } from './archive/archive.ts';
import type { Asides } from './asides/asides.ts';
import type { Coverage } from './coverage/coverage.ts';
import type { Flows } from './flows/flows.ts';
import type { History } from './history/history.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Lists } from './lists/lists.ts';
import type { Mirror } from './mirror/mirror.ts';
import type { Tellers } from './tellers/tellers.ts';
import type { Trail } from './trail/trail.ts';
import type { Windows } from './windows/windows.ts';

/** Every store of one cluster, and the sessions of those who look at them. */
export interface Stores {
  readonly history: History;
  readonly trail: Trail;
  readonly flows: Flows;
  readonly coverage: Coverage;
  /** Of which cluster those are who tell of it; what that leaves open is in the coverage. */
  readonly tellers: Tellers;
  /** What was set aside of it by services that did not know it; what that leaves open is in the coverage. */
  readonly asides: Asides;
  /** Of whole kinds, that watches took. */
  readonly lists: Lists;
  /** In which order the four above were written. */
  readonly arrivals: Arrivals;
  readonly archive: Archive;
  /** The transparency log over what is archived. */
  readonly ledger: Ledger;
  /** What a hub was told of the cluster; absent where the cluster’s evidence is kept here. */
  readonly mirror?: Mirror;
  readonly windows: Windows;
  readonly sessions: Sessions;
  /** Safe to call twice. */
  close(): Promise<void>;
}
