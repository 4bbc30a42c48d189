import { databaseIn, openDatabase, snapshotsOf } from '@margay/sqlite';
import { ASIDE_TABLES, embeddedAsides } from './asides/embedded.ts';
import { withAsides } from './asides/with-asides.ts';
import { ARRIVAL_EVENTS, ARRIVAL_KEYS, ARRIVAL_TABLES, embeddedArrivals } from './arrivals/embedded.ts';
import { ARCHIVE_TABLES, embeddedArchive } from './archive/embedded.ts';
import {
  COVERAGE_CANARIES,
  COVERAGE_DISTANCE,
  COVERAGE_EVENTS,
  COVERAGE_ORDER,
  COVERAGE_OUTLINES,
  COVERAGE_SET_BACK,
  COVERAGE_TABLES,
  embeddedCoverage,
} from './coverage/embedded.ts';
import { embeddedFlows, FLOW_TABLES } from './flows/embedded.ts';
import { embeddedHistory } from './history/embedded.ts';
import {
  HISTORY_DOUBTS,
  HISTORY_FOLDS,
  HISTORY_NUMBERS,
  HISTORY_PUBLISHED,
  HISTORY_RESTORES,
  HISTORY_TABLES,
} from './history/tables.ts';
import { embeddedSessions, SESSION_TABLES, SESSION_USES } from './sessions/embedded.ts';
import { LEDGER_CONFIRMATIONS } from './ledger/embedded-confirmations.ts';
import { embeddedLists, LIST_TABLES } from './lists/embedded.ts';
import { embeddedLedger, LEDGER_STATEMENTS, LEDGER_TABLES } from './ledger/embedded.ts';
import { embeddedMirror, MIRROR_TABLES } from './mirror/embedded.ts';
import { MIRROR_TIMES } from './mirror/told.ts';
import type { Stores } from './stores.ts';
import { embeddedTellers, TELLER_TABLES } from './tellers/embedded.ts';
import { withTellers } from './tellers/with-tellers.ts';
import { embeddedTrail, TRAIL_OUTCOME, TRAIL_TABLES } from './trail/embedded.ts';
import { embeddedWindows, WINDOW_REPORTS, WINDOW_TABLES } from './windows/embedded.ts';

const MIGRATIONS = [
  [HISTORY_TABLES, TRAIL_TABLES, FLOW_TABLES, COVERAGE_TABLES, ARCHIVE_TABLES, WINDOW_TABLES].join(';\n'),
  COVERAGE_DISTANCE,
  TRAIL_OUTCOME,
  HISTORY_DOUBTS,
  COVERAGE_OUTLINES,
  HISTORY_RESTORES,
  ARRIVAL_TABLES,
  COVERAGE_CANARIES,
  WINDOW_REPORTS,
  SESSION_TABLES,
  ARRIVAL_EVENTS,
  COVERAGE_EVENTS,
  LEDGER_TABLES,
  SESSION_USES,
  ARRIVAL_KEYS,
  LEDGER_STATEMENTS,
  COVERAGE_ORDER,
  COVERAGE_SET_BACK,
  LEDGER_CONFIRMATIONS,
  MIRROR_TABLES,
  MIRROR_TIMES,
  HISTORY_NUMBERS,
  HISTORY_FOLDS,
  TELLER_TABLES,
  HISTORY_PUBLISHED,
  ASIDE_TABLES,
  LIST_TABLES,
];

/** How the embedded stores are opened. */
export interface EmbeddedOptions {
  /** For readers in other threads: they see what is committed, and every write is refused. */
  readonly readOnly?: boolean;
  /** A larger file is not looked through when it is opened; 1 GiB unless set. */
  readonly checkedBytesMax?: number;
  /** They are what a hub keeps of a cluster, whose evidence is elsewhere. */
  readonly isOfHub?: boolean;
}

/** The embedded stores. */
export interface EmbeddedStores extends Stores {
  /** The file was too large to be looked through when it was opened: `lookThrough` does it then. */
  readonly isUnchecked: boolean;
}

/**
 * Opens the stores of one cluster in the file `margay.db` of a folder, or in memory (`:memory:`).
 *
 * What a promise has confirmed survives `kill -9`. Reports and windows are on the disk by then; evidence is with whatever is published,
 * reported or asked for next, since a power cut that loses it loses the places behind it too, and it is read again. One process
 * writes; readers may be many.
 *
 * @throws DatabaseUnusable when the file cannot be used, with what to do.
 */
export function openEmbedded(
  directory: string,
  { readOnly = false, isOfHub = false, ...options }: EmbeddedOptions = {},
): EmbeddedStores {
  const database = openDatabase(databaseIn(directory), { ...options, readOnly, migrations: MIGRATIONS });
  const snapshots = snapshotsOf(database);
  const ledger = embeddedLedger(database);
  const tellers = embeddedTellers(database);
  const asides = embeddedAsides(database);
  return {
    history: embeddedHistory(database, snapshots),
    trail: embeddedTrail(database, snapshots),
    flows: embeddedFlows(database, snapshots),
    coverage: withTellers(withAsides(embeddedCoverage(database), asides), tellers),
    tellers,
    asides,
    lists: embeddedLists(database),
    arrivals: embeddedArrivals(database),
    archive: embeddedArchive(database),
    ledger,
    ...(isOfHub && { mirror: embeddedMirror(database, ledger) }),
    windows: embeddedWindows(database),
    sessions: embeddedSessions(database),
    isUnchecked: database.isUnchecked,
    close: async () => database.close(),
  };
}
