/**
 * The embedded database: one file that one process writes and any number of readers read.
 *
 * Opening makes the folder and brings the tables to the newest format; a *snapshot* is a long read of one state beside
 * whatever is written meanwhile. A file has one *owner*, whose tables it was made for, and *guests*, whose tables stand in it so that
 * all is of one state. Every error that a person can act on is a `DatabaseUnusable` that names the file, the
 * reason and what to do. What stands in the tables is the business of those who open the file.
 */
export { lock } from './lock.ts';
export { databaseIn, openDatabase, type Database } from './open.ts';
export { damageIn } from './pages.ts';
export { snapshotsOf, type Snapshots, type Sql } from './snapshots.ts';
export { damaged, DatabaseUnusable, explained, isUnusable, NotAsWritten } from './unusable.ts';
