import { EnvelopeProblem, readEnvelope } from '@margay/ledger';
import type { Archive, ArchivedHeader, HeaderFilter } from '../archive/archive.ts';
import { ArchiveDamaged, headerDamage, unlessDamaged } from '../archive/damaged.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LoggedEntry } from '../ledger/read-log.ts';
import type { Stores } from '../stores.ts';
import type { Told, Trusted } from './findings.ts';
import type { WalkedLog } from './walk-log.ts';

/** What is remembered of a header. */
interface Seen {
  readonly id: string;
  readonly reportName: string;
  readonly reportType: string;
  readonly sequence: number;
  readonly previous?: string;
  readonly headerDigest: string;
  readonly isSound: boolean;
}

/** The reports whose rows were found right, by the digests of their headers: a check that was interrupted does not read them again. */
export interface Resumed {
  readonly isDone: (headerDigest: string) => boolean;
  readonly done: (headerDigest: string) => void;
}

/** So many runs a ledger is asked for at once. */
const RUNS = 1_000;

/** Reads every header and all rows, and tells what is not what was archived, by the chains, the digests and the log. */
export async function walkReports(
  { archive, ledger }: Pick<Stores, 'archive' | 'ledger'>,
  log: WalkedLog | undefined,
  trusted: Trusted,
  resumed: Resumed,
  told: Told,
): Promise<void> {
  const seen = await readHeaders(archive, told);
  const chains = Map.groupBy(seen, ({ reportName }) => reportName);
  for (const [name, chain] of chains) {
    checkChain(name, chain, told);
    await checkListed(archive, name, chain, told);
  }
  let before = 0;
  for (const [i, report] of seen.entries()) {
    if (report.isSound) {
      const entry = log?.entries.get(report.id);
      if (entry !== undefined) await compareEntry(ledger, report, entry, trusted, told);
      if (resumed.isDone(report.headerDigest)) before++;
      else if (await isWhole(archive, report.id, told)) resumed.done(report.headerDigest);
    }
    told.progress('reports', i + 1, seen.length);
  }
  told.shown(`${seen.length} reports in ${chains.size} chains were looked at`);
  if (before > 0)
    told.notShown(`the rows of ${before} reports anew: an earlier check that this one resumes read them`);
  if (log === undefined) return;
  await findRemoved(archive, seen, log, told);
  if (log.isWhole) await findUnlogged(ledger, seen, log, told);
}

async function readHeaders(archive: Archive, { found }: Told): Promise<Seen[]> {
  const seen: Seen[] = [];
  let last = Infinity;
  for await (const header of headersIn(archive)) {
    const { id, reportName, reportType, end, sequence, previous, headerDigest } = header;
    const damage = headerDamage(header);
    const isSound = damage === undefined;
    if (damage !== undefined) found('changed', damage);
    else if (end > last) found('reordered', `Report ${id} is listed behind reports that ended before it.`);
    if (isSound) last = Math.min(last, end);
    const link = previous === undefined ? {} : { previous };
    seen.push({ id, reportName, reportType, sequence, headerDigest, isSound, ...link });
  }
  return seen;
}

/** All headers that a filter lets through, page after page. */
async function* headersIn(archive: Archive, filter: HeaderFilter = {}): AsyncGenerator<ArchivedHeader> {
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers({ ...filter, ...(cursor !== undefined && { cursor }) });
    yield* page.headers;
    if (page.next === undefined) return;
    cursor = page.next;
  }
}

/** Whether the headers of one report name make the chain that they were archived as. */
function checkChain(name: string, chain: readonly Seen[], { found }: Told): void {
  const links = chain.toSorted((a, b) => a.sequence - b.sequence);
  const digests = new Set(chain.map(({ headerDigest }) => headerDigest));
  let before: Seen | undefined;
  for (const link of links) {
    const { id, sequence, previous, isSound } = link;
    const expected = (before?.sequence ?? 0) + 1;
    if (sequence > expected)
      found(
        'removed',
        `The chain of ${name} lacks ${sequence === expected + 1 ? `number ${expected}` : `the numbers ${expected} to ${sequence - 1}`}, before report ${id}.`,
      );
    else if (sequence < expected)
      found('reordered', `In the chain of ${name} two reports have the number ${sequence}: ${id} is one.`);
    else if (isSound && before?.isSound !== false && previous !== before?.headerDigest)
      found(
        previous !== undefined && digests.has(previous) ? 'reordered' : 'replaced',
        `In the chain of ${name} report ${id}, number ${sequence}, does not follow the one that stands before it.`,
      );
    before = link;
  }
}

/** Whether whoever asks for the reports of one name and type gets all of them: the store has these beside the headers. */
async function checkListed(archive: Archive, reportName: string, chain: readonly Seen[], { found }: Told) {
  for (const [reportType, some] of Map.groupBy(chain, (each) => each.reportType)) {
    const listed = new Set<string>();
    for await (const { id } of headersIn(archive, { reportName, reportType })) listed.add(id);
    for (const { id, isSound } of some)
      if (isSound && !listed.has(id))
        found('changed', `Report ${id} is not listed among those of ${reportName}, type ${reportType}.`);
  }
}

/** Whether all rows of a report are what was archived. */
async function isWhole(archive: Archive, id: string, { found }: Told): Promise<boolean> {
  try {
    // oxlint-disable-next-line no-unused-vars -- reading them is what checks them
    for await (const _ of archive.parts(id));
    return true;
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error;
    found(error.isGone ? 'removed' : 'changed', error.message);
    return false;
  }
}

/** Holds a report against its entry in the log, and against what was signed of its evidence. */
async function compareEntry(
  ledger: Ledger,
  { id, headerDigest }: Seen,
  entry: LoggedEntry,
  { keys }: Trusted,
  { found }: Told,
): Promise<void> {
  if (entry.headerDigest !== headerDigest)
    found(
      'replaced',
      `Report ${id} was replaced: its digests are right, and entry ${entry.number} of the log has a header with the digest ${entry.headerDigest}, not ${headerDigest}.`,
    );
  const text = await ledger.statement(entry.number);
  if (text === undefined) return;
  const changed = (why: string) =>
    found('changed', `What was signed of the evidence of report ${id} was changed: ${why}.`);
  try {
    const { statement, signed } = readEnvelope(text, keys);
    const [subject] = statement.subject;
    if (subject?.digest.sha256 !== entry.digest) changed('it is about another report');
    else if (keys.length > 0 && signed.length === 0) changed('no key that was given signed it');
  } catch (error) {
    if (!(error instanceof EnvelopeProblem)) throw error;
    changed(error.message);
  }
}

/** Tells of the reports that the log has and the archive has not. */
async function findRemoved(archive: Archive, seen: readonly Seen[], { entries }: WalkedLog, told: Told) {
  const ids = new Set(seen.map(({ id }) => id));
  let later = 0;
  for (const { run, report, start, end, digest, number, later: isLater } of entries.values()) {
    if (isLater === true) later++;
    if (ids.has(run)) continue;
    // One that is damaged is kept.
    const kept = await unlessDamaged(archive.header(run).then((header) => header !== undefined));
    if (kept !== false) told.found('changed', `Report ${run} is kept, and no list of the archive has it.`);
    else
      told.found(
        'removed',
        `Report ${run} (${report}, ${start} to ${end}) is entry ${number} of the log, with the digest ${digest}, and is not in the archive.`,
      );
  }
  if (later > 0)
    told.notShown(`what happened to ${later} reports before they were logged: they had been archived before`);
}

/** Tells of the reports that the log has not. One that is archived just now gets its entry a little later. */
async function findUnlogged(ledger: Ledger, seen: readonly Seen[], { entries }: WalkedLog, { found }: Told) {
  const unlogged = seen.filter(({ id, isSound }) => isSound && !entries.has(id));
  for (let at = 0; at < unlogged.length; at += RUNS) {
    const some = unlogged.slice(at, at + RUNS);
    const since = await ledger.numbersOf(some.map(({ id }) => id));
    for (const { id } of some)
      if (!since.has(id))
        found(
          'unlogged',
          `Report ${id} is in the archive and has no entry in the log: somebody added it, or its worker ended before it could append one, which the next start of a worker with the key does.`,
        );
  }
}
