import type { HubNews, ProvenEntry } from '@margay/contracts';
import { formatInstant, MINUTE, type Instant } from '@margay/ground';
import {
  checkProof,
  type Entry,
  EnvelopeProblem,
  type KeyChange,
  keysOfEntry,
  NoEntry,
  NoteProblem,
  type PlacedKeyChange,
  readCheckpoint,
  readEnvelope,
  readKeyChange,
  readProof,
  readReportEntry,
  readSignedAt,
  signersAt,
  type VerifierKey,
  verifierKeyText,
  withLineOf,
} from '@margay/ledger';
import { Unprocessable } from '@margay/messaging';
import { headerDamage, runOfKey, type ArchivedHeader, type ToldNews } from '@margay/storage';
import * as z from 'zod';
import type { WatchedCluster } from './cells.ts';

/** Why a message is not taken. Short and stable: metrics and dead letters have it. */
export type RefusalReason =
  | 'unknown-cluster'
  | 'other-cluster'
  | 'unknown-key'
  | 'retired-key'
  | 'no-proof'
  | 'other-digest'
  | 'other-statement'
  | 'other-log'
  | 'unreadable';

/** A message that is not what a cell of this hub told of its cluster. */
export class RefusedNews extends Unprocessable {
  constructor(code: RefusalReason, message: string, cause?: unknown) {
    super(code, message, cause);
  }
}

/** What a hub knows when a message comes. */
export interface Reading {
  readonly watched: WatchedCluster;
  /** The changes of keys that it was told of before: a message may leave them out, and say others. */
  readonly kept: readonly PlacedKeyChange[];
  /** By its clock. */
  readonly now: Instant;
}

/** Nobody rotates a key so often, and each is looked at. */
const KEY_CHANGES_MAX = 64;
/** So much ahead of a hub's clock the clock of a cell may be. */
const AHEAD_MAX = 5 * MINUTE;
const REASON_LENGTH_MAX = 200;

/**
 * What a message tells, checked by itself: a key of the cluster's log signed the head, all else is in the log of that head, and the header has the
 * digest that its entry says. Whoever can publish on the topic writes messages: whatever is wrong with one, it is refused.
 *
 * @throws RefusedNews
 */
export function readNews(news: HubNews, reading: Reading): ToldNews {
  try {
    return read(news, reading);
  } catch (error) {
    if (error instanceof RefusedNews) throw error;
    const { message } = error as Error;
    throw new RefusedNews(
      'no-proof',
      `It does not show what it tells: ${message.slice(0, REASON_LENGTH_MAX)}.`,
      error,
    );
  }
}

function read(news: HubNews, { watched, kept, now }: Reading): ToldNews {
  if (news.keyChanges.length > KEY_CHANGES_MAX)
    throw new NoteProblem(`it has more than ${KEY_CHANGES_MAX} changes of keys`);
  const changes = news.keyChanges.map((each) => {
    const number = numberOf(each, news);
    return { number, change: keyChangeIn(each, number), bytes: Buffer.from(each.entry) };
  });
  // What the log said of its keys first is what counts.
  const last = kept.at(-1)?.number ?? -1;
  const known = [...kept, ...changes.filter(({ number }) => number > last)];
  const signers = (size: number) => signersAt(watched.keys, known, size);
  const { head, by } = headOf(news, signers, [0, ...known.map(({ number }) => number + 1)]);
  const told = {
    head,
    entries: changes.map(({ number, change, bytes }) => ({
      number,
      run: runOfKey(change.key, number),
      bytes,
    })),
    signersAt: (size: number) => signers(size).map(verifierKeyText),
    ...timeOf(news, by, now),
  };
  if (news.report === undefined) return told;
  const { entry, header, ...placed } = reportOf(news, news.report, watched, known);
  return { ...told, entries: [...told.entries, placed], header, uid: entry.clusterUid };
}

/** When the head is said to have been signed. */
function timeOf(
  { signedAt, checkpoint }: HubNews,
  by: VerifierKey,
  now: Instant,
): Pick<ToldNews, 'signedAt' | 'aheadAt'> {
  if (signedAt === undefined) return {};
  const at = readSignedAt(signedAt, checkpoint, by) * 1_000_000;
  if (!Number.isSafeInteger(at)) throw new NoteProblem('it was signed at no time that there is');
  return at > now + AHEAD_MAX ? { aheadAt: at } : { signedAt: at };
}

/** A report that is in the log of the head. */
function reportOf(
  news: HubNews,
  report: NonNullable<HubNews['report']>,
  watched: WatchedCluster,
  known: readonly PlacedKeyChange[],
) {
  const number = numberOf(report, news);
  const bytes = Buffer.from(report.entry);
  const entry = readReportEntry(bytes);
  if (entry === undefined)
    throw new RefusedNews('other-digest', 'Its entry is of a key, and not of a report.');
  checkCluster(entry, news, watched);
  const header = headerOf(report.header, entry);
  const statement =
    report.statement === undefined
      ? undefined
      : // It was signed by the key with which the entry was appended.
        statementOf(report.statement, entry, keysOfEntry(watched.keys, known, number));
  return { number, run: entry.run, bytes, statement, entry, header };
}

function keyChangeIn({ entry }: ProvenEntry, number: number): KeyChange {
  try {
    const change = readKeyChange(Buffer.from(entry), number);
    if (change !== undefined) return change;
  } catch (error) {
    // What it says quotes names that nobody signed.
    if (!(error instanceof NoEntry)) throw error;
  }
  throw new NoEntry('an entry that should tell of a key of the log does not');
}

/**
 * @param signers the keys that may sign a head of so many entries. Whoever writes a log of his own may say in it that the cluster's key follows his:
 * he is known by that, and signs nothing.
 * @param sizes of the log when it began to be signed by each of its keys.
 */
function headOf(
  { checkpoint, cluster }: HubNews,
  signers: (size: number) => readonly VerifierKey[],
  sizes: readonly number[],
): { readonly head: ToldNews['head']; readonly by: VerifierKey } {
  const bytes = Buffer.from(checkpoint);
  const { size, root } = readCheckpoint(bytes, []);
  const [signed] = readCheckpoint(bytes, signers(size)).signed;
  if (signed !== undefined) {
    const { key: by } = signed;
    return { head: { size, root, checkpoint: withLineOf(checkpoint, by), key: verifierKeyText(by) }, by };
  }
  const any = new Map(sizes.flatMap(signers).map((key) => [verifierKeyText(key), key]));
  if (readCheckpoint(bytes, [...any.values()]).signed.length > 0)
    throw new RefusedNews(
      'retired-key',
      `The key that signed the head of ${size} entries of the log of ${cluster} is one that another key had followed by then: whoever has it can write no more of that log.`,
    );
  throw new RefusedNews(
    'unknown-key',
    `No key that HUB_CELLS has of the log of ${cluster} signed its head: somebody else tells of that cluster, or its key is another one.`,
  );
}

/** The place of an entry in the log of the head. */
function numberOf({ entry, proof }: ProvenEntry, { checkpoint }: HubNews): number {
  const bytes = Buffer.from(proof);
  if (readProof(bytes).checkpoint !== checkpoint)
    throw new NoteProblem('a proof is of another head of the log than the one that is told');
  return checkProof(bytes, Buffer.from(entry), []).index;
}

function checkCluster(entry: Entry, { cluster }: HubNews, { uid }: WatchedCluster): void {
  if (entry.cluster !== cluster)
    throw new RefusedNews(
      'other-cluster',
      `Its report is of another cluster than ${cluster}, of which it tells.`,
    );
  if (uid !== undefined && entry.clusterUid !== undefined && entry.clusterUid !== uid)
    throw new RefusedNews(
      'other-cluster',
      `The kube-system of its cluster has another uid than ${uid}, as HUB_CELLS has it.`,
    );
}

/** As far as what is kept rests on it: what else there is has its digest. */
const shape = z.looseObject({
  id: z.string().min(1),
  cluster: z.string(),
  reportName: z.string().min(1),
  reportType: z.string().min(1),
  start: z.int(),
  end: z.int(),
  generatedAt: z.int(),
  digest: z.string(),
  parts: z.array(z.looseObject({ kind: z.string(), digest: z.string(), rows: z.int() })),
  sequence: z.int().min(1),
  headerDigest: z.string(),
  content: z.looseObject({}),
});

/** @throws RefusedNews where it is not the one that the log has. */
function headerOf(text: string, entry: Entry): ArchivedHeader {
  const other = (why: string) => new RefusedNews('other-digest', `The header of report ${entry.run} ${why}.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw other('is no JSON');
  }
  const { data } = shape.safeParse(json);
  if (data === undefined) throw other('lacks what every header has');
  const header = data as unknown as ArchivedHeader;
  if (headerDamage(header, entry.run) !== undefined || header.headerDigest !== entry.headerDigest)
    throw other('has not the digest that the log of reports has');
  const said = {
    cluster: header.cluster,
    report: header.reportName,
    type: header.reportType,
    start: formatInstant(header.start),
    end: formatInstant(header.end),
    digest: header.digest,
    revision: header.revision ?? 1,
  };
  const wrong = (Object.keys(said) as (keyof typeof said)[]).find((name) => said[name] !== entry[name]);
  if (wrong !== undefined) throw other(`says another ${wrong} than the log of reports`);
  return header;
}

/** The statement about a report, with the signatures of these keys alone. */
function statementOf(text: string, { run, digest }: Entry, keys: readonly VerifierKey[]): string {
  const { statement, signed, text: own } = readEnvelope(text, keys);
  if (signed.length === 0) throw new EnvelopeProblem('no known key signed its statement');
  if (!statement.subject.some(({ name, digest: { sha256 } }) => name === run && sha256 === digest))
    throw new EnvelopeProblem('its statement is about another report');
  return own;
}
