import { COVERAGE_STATEMENT, coverageStatement, isStatedEvidence } from '@margay/coverage';
import { formatInstant } from '@margay/ground';
import {
  allSigned,
  append,
  checkpointToSign,
  digestOfJson,
  edgeOf,
  type Entry,
  entryBytes,
  envelopeToSign,
  isSameKey,
  keyChangeBytes,
  leafHash,
  type LogKey,
  NoKey,
  NoteProblem,
  readCheckpoint,
  readNote,
  type ReadTile,
  rootFrom,
  sameBytes,
  type SignedCheckpoint,
  type Statement,
  STATEMENT_TYPE,
  type ToSign,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { VERSION } from '@margay/runtime';
import type { ArchivedHeader } from '../archive/archive.ts';
import { chunks } from '../chunks.ts';
import type { Stores } from '../stores.ts';
import { clusterUidOf } from '../tellers/cluster-uid.ts';
import { signedTree, tilesOf } from './from-tiles.ts';
import { type Ledger, type LogHead, LogRefused, type NewEntry } from './ledger.ts';
import { keyChangesOf, runOfKey } from './key-changes.ts';
import { isMissing, type LogAsRead, logReader } from './read-log.ts';

/** The stores that a log is written from. */
type LogStores = Pick<Stores, 'ledger' | 'history' | 'tellers'>;

/**
 * Appends an entry for each of the reports that has none, in their order, and signs the new head. Reports that have one are left alone.
 * Where somebody else appends at the same time, it is done again after him.
 *
 * @param later the reports were archived before, and not by the caller just now.
 * @returns the head that was signed; undefined where nothing was appended.
 * @throws LogRefused where the log is not the one that was signed last: whoever signed on would vouch for what he never saw. NotSigned where
 * whoever has the key does not sign: nothing is appended then.
 */
export async function logReports(
  { ledger, ...evidence }: LogStores,
  headers: readonly ArchivedHeader[],
  key: LogKey,
  { later = false }: { readonly later?: boolean } = {},
): Promise<LogHead | undefined> {
  for (;;) {
    const head = await ledger.head();
    const logged = await ledger.numbersOf(headers.map(({ id }) => id));
    const absent = headers.filter(({ id }) => !logged.has(id));
    if (absent.length === 0) return undefined;
    const edge = await checkedEdge(ledger, head, key);
    const clusterUid = await clusterUidOf(evidence);
    const entries = absent.map((header) => newEntry(header, entryOf(header, clusterUid, later), key));
    const next = await grown(ledger, { before: head?.size ?? 0, edge, entries }, key);
    if (next !== undefined) return next;
  }
}

/**
 * Has the log go on with another key: an entry says so, and the next head is signed by that one. No former key comes back: whoever held it
 * since could go on from there and leave out what was announced later, and no proof shows that nothing was left out.
 *
 * @param before the key until now; one that only checks was lost, and nobody announces the next one.
 * @throws LogRefused where the log is not what that key signed last; NoKey for a key that cannot be its next one; NotSigned where whoever has
 * one of the two does not sign.
 */
export async function changeLogKey(
  ledger: Ledger,
  before: LogKey | VerifierKey,
  key: LogKey,
): Promise<LogHead> {
  for (;;) {
    const head = await ledger.head();
    if (head === undefined) throw new LogRefused('There is no log of reports yet: it begins with any key.');
    const { size } = head;
    const edge = await checkedEdge(ledger, head, before);
    await refuseFormer(ledger, key);
    // What the old key signs says which entry of which log it is: where somebody else appended meanwhile it is signed anew.
    const bytes = await keyChangeBytes(before, key, signedTree(head));
    const entries = [{ run: runOfKey(key, size), bytes, former: head.checkpoint }];
    const next = await grown(ledger, { before: size, edge, entries }, key);
    if (next !== undefined) return next;
  }
}

/** @throws NoKey for a key that signed the log before another one followed it. */
async function refuseFormer(ledger: Ledger, key: VerifierKey): Promise<void> {
  const change = (await keyChangesOf(ledger)).find(({ before }) => isSameKey(before, key));
  if (change !== undefined)
    throw new NoKey(
      `it signed that log until entry ${change.number} said that another one follows it, and whoever has held it since could sign too: make a new one with margay key`,
    );
}

/** An entry whose statement is to be signed with the head that has it. */
interface EntryToSign extends Omit<NewEntry, 'statement'> {
  readonly statement?: ToSign;
  /** What the former key signed last, where it tells of another one. */
  readonly former?: string;
}

/** Appends entries and signs the new head; undefined where somebody else appended meanwhile. */
async function grown(
  ledger: Ledger,
  {
    before,
    edge,
    entries,
  }: { readonly before: number; readonly edge: ReadTile; readonly entries: readonly EntryToSign[] },
  key: LogKey,
): Promise<LogHead | undefined> {
  const leaves = entries.map(({ bytes }) => leafHash(bytes));
  const { size, root, tiles } = append(before, leaves, edge);
  const statements = entries.flatMap(({ statement }) => statement ?? []);
  // Whoever has the key elsewhere is asked once for all of it.
  const [checkpoint, ...signed] = await allSigned(
    [checkpointToSign({ size, root }, key), ...statements],
    key,
  );
  const texts = signed.values();
  const made = entries.map(({ statement, former, ...entry }) => ({
    ...entry,
    statement: statement === undefined ? former : texts.next().value!,
  }));
  const head = { size, checkpoint: checkpoint!, key: verifierKeyText(key) };
  return (await ledger.grow(before, { head, entries: made, tiles })) ? head : undefined;
}

/** @throws LogRefused where another key than this one signed the log, whatever became of the log itself. */
export async function checkLogKey(ledger: Ledger, key: VerifierKey): Promise<void> {
  const head = await ledger.head();
  if (head === undefined) return;
  await refuseRetired(ledger, head, key);
  signedHead(head, key);
}

/**
 * @throws LogRefused where the log is not the one that the key signed last; where there is none, it is. NotSigned where whoever has the key would
 * not sign now.
 */
export async function checkLog(ledger: Ledger, key: LogKey): Promise<void> {
  await checkedEdge(ledger, await ledger.head(), key);
  if ('check' in key) await key.check();
}

function newEntry(header: ArchivedHeader, entry: Entry, key: VerifierKey): EntryToSign {
  const evidence = evidenceOf(header);
  const bytes = entryBytes(entry);
  if (!isStatedEvidence(evidence)) return { run: entry.run, bytes };
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: entry.run, digest: { sha256: entry.digest } }],
    predicateType: COVERAGE_STATEMENT,
    predicate: coverageStatement(entry, evidence),
  };
  return { run: entry.run, bytes, statement: envelopeToSign(statement, key) };
}

/** What a report says of its evidence. */
export const evidenceOf = ({ content }: Pick<ArchivedHeader, 'content'>): unknown =>
  (content as { readonly evidence?: unknown } | null)?.evidence ?? null;

/** What the log says of a report. */
function entryOf(header: ArchivedHeader, clusterUid: string | undefined, later: boolean): Entry {
  const { cluster, id, revision = 1, reportName, reportType, start, end, digest, headerDigest } = header;
  return {
    cluster,
    ...(clusterUid !== undefined && { clusterUid }),
    run: id,
    revision,
    report: reportName,
    type: reportType,
    start: formatInstant(start),
    end: formatInstant(end),
    digest,
    evidenceDigest: digestOfJson(evidenceOf(header)),
    headerDigest,
    version: VERSION,
    ...(later && { later }),
  };
}

/** The right edge of the log, which has the root that the key signed. */
async function checkedEdge(ledger: Ledger, head: LogHead | undefined, key: VerifierKey): Promise<ReadTile> {
  const edge = await tilesOf(ledger, edgeOf(head?.size ?? 0));
  if (head !== undefined) {
    await refuseRetired(ledger, head, key);
    checkHead(head, key, edge);
  }
  const missing = await ledger.missing();
  if (missing.length > 0) throw notWhole(missing.map(isMissing));
  return edge;
}

/** So much of what is wrong is said. */
const TOLD = 5;

/** Whoever went on with such a log would log reports again that it has already, and nobody would see what is missing. */
function notWhole(problems: readonly string[]): LogRefused {
  const more = problems.length > TOLD ? ' And more.' : '';
  return new LogRefused(
    `The log of reports is not what was signed: ${problems.slice(0, TOLD).join(' ')}${more} Nothing is appended to it. Somebody changed the ` +
      'store: restore it from a backup.',
  );
}

/** The keys that are said to have signed a checkpoint, by their names and ids. */
const signersOf = (checkpoint: string): string =>
  readNote(new TextEncoder().encode(checkpoint))
    .signatures.map(({ name, id }) => `the key ${name}+${id}`)
    .join(' and ');

/** @throws LogRefused where the log says that another key follows this one, and is signed by that. */
async function refuseRetired(ledger: Ledger, head: LogHead, key: VerifierKey): Promise<void> {
  if (head.key === verifierKeyText(key)) return;
  const change = (await keyChangesOf(ledger)).findLast(({ before }) => isSameKey(before, key));
  if (change === undefined) return;
  throw new LogRefused(
    `Entry ${change.number} of the log of reports says that the key ${change.key.name}+${change.key.id} follows ${key.name}+${key.id}, which signs ` +
      'nothing any more. Nothing is appended to it with the old key: give the worker the new one. Where LEDGER_KEY_FILE names it, put it into that file, and ' +
      'the log goes on within a minute; else start the worker again with it.',
  );
}

/** @throws LogRefused */
function checkHead(head: LogHead, key: VerifierKey, edge: ReadTile): void {
  const { size, root } = signedHead(head, key);
  if (size !== head.size) throw refusal(key, `its checkpoint is of ${size} entries, and it has ${head.size}`);
  if (!sameBytes(root, rootFrom(size).compute(edge)))
    throw refusal(key, 'its tiles do not make the root of its checkpoint');
}

/** The checkpoint, which the key signed. @throws LogRefused */
function signedHead({ checkpoint }: LogHead, key: VerifierKey): SignedCheckpoint {
  try {
    const signed = readCheckpoint(new TextEncoder().encode(checkpoint), [key]);
    if (signed.origin !== key.name || signed.signed.length === 0)
      throw refusal(key, `it is the log ${signed.origin}, signed by ${signersOf(checkpoint)}`);
    return signed;
  } catch (error) {
    if (error instanceof NoteProblem) throw refusal(key, `of its checkpoint, ${error.message}`);
    throw error;
  }
}

const refusal = (key: VerifierKey, why: string): LogRefused =>
  new LogRefused(
    `The log of reports is not the one that the key ${key.name}+${key.id} signed: ${why}. Nothing is appended to it. Somebody changed ` +
      'the store, or the key is another one: give the log its own key again, or restore the store from a backup.',
  );

/** So many reports are appended at once. */
const BATCH = 256;

/**
 * Appends an entry for every archived report that has none: what was archived before there was a log, or by a worker that ended before it
 * could append. Each entry says that it came later.
 *
 * @param tell told of some when they are in the log.
 * @returns how many there were.
 * @throws LogRefused and NotSigned as `logReports`, and where an entry was changed, or is about a report that is said to have none.
 */
export async function logUnlogged(
  stores: LogStores,
  key: LogKey,
  tell: (headers: readonly ArchivedHeader[]) => Promise<void> = async () => {},
): Promise<number> {
  const read = logReader(stores.ledger);
  let count = 0;
  for await (const batch of chunks(stores.ledger.unlogged(), BATCH)) {
    await refuseLogged(stores.ledger, await read(), batch);
    await logReports(stores, batch, key, { later: true });
    await tell(batch);
    count += batch.length;
  }
  return count;
}

/** Which run an entry is about stands beside it in the store, too. */
async function refuseLogged(
  ledger: Ledger,
  { entries, problems }: LogAsRead,
  headers: readonly ArchivedHeader[],
): Promise<void> {
  if (problems.length > 0) throw notWhole(problems);
  const runs = headers.map(({ id }) => id).filter((id) => entries.has(id));
  // Somebody else may have logged one just now.
  const known = await ledger.numbersOf(runs);
  const hidden = runs.filter((run) => !known.has(run));
  if (hidden.length > 0)
    throw notWhole(
      hidden.map(
        (run) => `Entry ${entries.get(run)!.number} is about run ${run}, which is kept beside it as another.`,
      ),
    );
}
