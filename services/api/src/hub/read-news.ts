import type { HubNews, ProvenEntry } from '@margay/contracts';
import { formatInstant } from '@margay/ground';
import {
  checkProof,
  type Entry,
  EnvelopeProblem,
  type KeyChange,
  knownKeys,
  NoEntry,
  NoteProblem,
  readCheckpoint,
  readEnvelope,
  readKeyChange,
  readProof,
  readReportEntry,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { Unprocessable } from '@margay/messaging';
import { headerDamage, runOfKey, type ArchivedHeader, type ToldNews } from '@margay/storage';
import * as z from 'zod';
import type { WatchedCluster } from './cells.ts';

/** Why a message is not taken. Short and stable: metrics and dead letters have it. */
export type RefusalReason =
  'unknown-cluster' | 'other-cluster' | 'unknown-key' | 'no-proof' | 'other-digest' | 'other-log';

/** A message that is not what a cell of this hub told of its cluster. */
export class RefusedNews extends Unprocessable {
  constructor(code: RefusalReason, message: string, cause?: unknown) {
    super(code, message, cause);
  }
}

/**
 * What a message tells, checked by itself: a key of the cluster's log signed the head, all else is in the log of that head, and the header has the
 * digest that its entry says.
 *
 * @throws RefusedNews
 */
export function readNews(news: HubNews, watched: WatchedCluster): Omit<ToldNews, 'toldAt'> {
  try {
    const changes = news.keyChanges.map((each) => ({ ...each, change: keyChangeIn(each) }));
    const { keys, signers } = knownKeys(
      watched.keys,
      changes.map(({ change }) => change),
    );
    const head = headOf(news, signers);
    const entries = changes.map(({ change, ...entry }) => ({
      number: numberOf(entry, news),
      run: runOfKey(change.key),
      bytes: Buffer.from(entry.entry),
    }));
    if (news.report === undefined) return { head, entries };
    const { statement } = news.report;
    const number = numberOf(news.report, news);
    const bytes = Buffer.from(news.report.entry);
    const entry = readReportEntry(bytes);
    if (entry === undefined)
      throw new RefusedNews('other-digest', 'Its entry is of a key, and not of a report.');
    checkCluster(entry, news, watched);
    const header = headerOf(news.report.header, entry);
    if (statement !== undefined) checkStatement(statement, entry, keys);
    return {
      head,
      entries: [...entries, { number, run: entry.run, bytes, statement }],
      header,
      uid: entry.clusterUid,
    };
  } catch (error) {
    if (error instanceof NoteProblem || error instanceof NoEntry || error instanceof EnvelopeProblem)
      throw new RefusedNews('no-proof', `It does not show what it tells: ${error.message}.`, error);
    throw error;
  }
}

function keyChangeIn({ entry }: ProvenEntry): KeyChange {
  try {
    const change = readKeyChange(Buffer.from(entry));
    if (change !== undefined) return change;
  } catch (error) {
    // What it says quotes names that nobody signed.
    if (!(error instanceof NoEntry)) throw error;
  }
  throw new NoEntry('an entry that should tell of a key of the log does not');
}

/** @param signers whoever writes a log of his own may say in it that the cluster's key follows his: he is known by that, and signs nothing. */
function headOf({ checkpoint, cluster }: HubNews, signers: readonly VerifierKey[]): ToldNews['head'] {
  const { size, root, signed } = readCheckpoint(Buffer.from(checkpoint), signers);
  const [by] = signed;
  if (by === undefined)
    throw new RefusedNews(
      'unknown-key',
      `No key that HUB_CELLS has of the log of ${cluster} signed its head: somebody else tells of that cluster, or its key is another one.`,
    );
  return { size, root, checkpoint, key: verifierKeyText(by.key) };
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

function checkStatement(text: string, { run, digest }: Entry, keys: readonly VerifierKey[]): void {
  const { statement, signed } = readEnvelope(text, keys);
  if (signed.length === 0) throw new EnvelopeProblem('no known key signed its statement');
  if (!statement.subject.some(({ name, digest: { sha256 } }) => name === run && sha256 === digest))
    throw new EnvelopeProblem('its statement is about another report');
}
