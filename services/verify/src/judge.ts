import { COVERAGE_STATEMENT, isStatedEvidence, statementProblem } from '@margay/coverage';
import { at, type Fields } from '@margay/ground';
import {
  checkProof,
  clusterOf,
  digestOfJson,
  isSameKey,
  NoEntry,
  NoteProblem,
  readEntry,
  readEnvelope,
  readProof,
  readVerifierKey,
  type SignedCheckpoint,
  type VerifierKey,
} from '@margay/ledger';
import { LOG_FILES, summariesProblem, verifyReport } from '@margay/reports';
import { believed } from './believed-times.ts';
import { followKeys, type FollowedKeys } from './follow-keys.ts';
import { judgeFiles, notJudgedIn } from './judge-files.ts';
import { formerOf, judgeHead, logsThatSigned, tellSigners } from './judge-head.ts';
import { type Judgement, named, type Told, type Trusted, WRONG } from './judgement.ts';
import { ambiguityOf } from './one-reading.ts';
import type { BroughtEvidence, BroughtZip } from './read-evidence.ts';
import { Wrong } from './wrong.ts';

/** Judges a report by itself, by its log, and by what is trusted. */
export function judge({ report, isRewritten = false, log, zip }: BroughtEvidence, given: Trusted): Judgement {
  const told: Told = { shown: [], notShown: [] };
  const verification = verifyReport(report);
  if (!verification.ok) return { ...WRONG, ...told, wrong: verification.reason };
  const fields = report as Fields;
  try {
    const problem = summariesProblem(fields);
    if (problem !== undefined) throw new Wrong(problem);
    told.shown.push(`its header and rows have the digest that it carries, sha256 ${verification.digest}`);
    told.shown.push(
      `it says that it is of ${String(fields['reportName'])} (${String(fields['reportTypeName'])}) of the cluster ${String(fields['cluster'])}, ${String(fields['startTime'])} to ${String(fields['endTime'])}`,
    );
    told.shown.push('its summaries are what its rows make');
    judgeBeside(fields, isRewritten, told.notShown);
    const doubtful = zip === undefined ? [] : [...judgeZip(zip, fields, told)];
    const trusted = followKeys(log, given, told);
    const head = log && judgeLog(log, fields, trusted, told);
    if (head !== undefined) doubtful.push(...judgeBesideLog({ log: log!, zip, head }, fields, trusted, told));
    else told.notShown.push('that it was logged: nothing with it says so');
    const size = (head?.index ?? 0) + 1;
    const seen = { size, words: 'that log with this report in it', windowEnd: String(fields['endTime']) };
    const { isShown, signedBy } = judgeHead(head, seen, trusted, told);
    const isOriginAsked = trusted.keys.length > 0 || trusted.since !== undefined;
    const isAnswered = isShown && (!isOriginAsked || signedBy.length > 0) && doubtful.length === 0;
    return { about: 'report', ...told, signedBy, isAnswered, doubtful };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof NoteProblem || error instanceof NoEntry)) throw error;
    return { ...WRONG, ...told, wrong: error.message };
  }
}

/** What the digest is not over: how report.json is written, and which report it supersedes. @throws Wrong */
function judgeBeside(report: Fields, isRewritten: boolean, notShown: string[]): void {
  if (isRewritten)
    notShown.push(
      'that report.json is as it was exported: this release writes the same content otherwise; another release wrote it, or somebody wrote it again',
    );
  const { revision = 1, supersedes } = report;
  if (supersedes === undefined) return;
  if (revision === 1)
    throw new Wrong('it says that it supersedes a report, and it is the first of its window');
  notShown.push(`that it supersedes ${JSON.stringify(supersedes)}: no digest is over that`);
}

/** The files whose content is in doubt. @throws Wrong where one is not what the manifest says. */
function judgeZip(zip: BroughtZip, report: Fields, { shown, notShown }: Told): readonly string[] {
  const { wrong, made, otherwise, fitting, added, foreign, absent } = judgeFiles(zip, report);
  if (wrong !== undefined) throw new Wrong(wrong);
  const missing = missingOfLog(zip.there);
  if (missing !== undefined) throw new Wrong(missing);
  const said: readonly [where: string[], names: readonly string[], sentence: (names: string) => string][] = [
    [shown, made, (names) => `what is made of report.json now is the same: ${names}`],
    [
      notShown,
      otherwise,
      (names) =>
        `that these are made of report.json, of which this release makes something else: ${names}; they were changed together with manifest.json, or another release made them`,
    ],
    [notShown, fitting, (names) => `that these are made of report.json, which was not tried: ${names}`],
    [
      notShown,
      added,
      (names) =>
        `that these are made of report.json, of which nothing of that name is made, and which was not tried: ${names}`,
    ],
    [notShown, foreign, (names) => `anything of these, which manifest.json does not name: ${names}`],
    [
      notShown,
      absent,
      (names) =>
        `these, which this release makes of report.json: ${names}; another release did not, or somebody took them out`,
    ],
  ];
  shown.push('the files that manifest.json names are there as it says; nobody signed manifest.json');
  const unsaid = notJudgedIn(zip.manifest, zip.there.has('log-entry.json'));
  if (unsaid.length > 0)
    notShown.push(`what manifest.json says of ${unsaid.join(', ')}: nothing else here says it`);
  for (const [where, names, sentence] of said) if (names.length > 0) where.push(sentence(names.join(', ')));
  return [...otherwise, ...added, ...foreign];
}

/** What stands in the ZIP of every report that is logged; the rest of what shows the log does where there is something to say. */
const OF_EVERY_LOG = ['log-entry.json', 'report.tlog-proof', 'log-checkpoint.txt', 'log-key.txt'] as const;

/** Why not all that shows the log is there, where something of it is. */
function missingOfLog(there: ReadonlyMap<string, string>): string | undefined {
  const some = LOG_FILES.find((name) => there.has(name));
  const missing = some && OF_EVERY_LOG.find((name) => !there.has(name));
  return missing && `${missing} is missing: where ${some} is, it is too`;
}

/** A head, and which of its entries is the report's. */
type ProvenHead = SignedCheckpoint & { readonly index: number };

/** A report in its log, and what stands with it. */
interface BroughtLog {
  readonly log: NonNullable<BroughtEvidence['log']>;
  readonly zip: BroughtZip | undefined;
  readonly head: ProvenHead;
}

/**
 * Judges what stands beside the proof: it must be of the log that the proof is of.
 *
 * @returns the files of which not all is shown. @throws Wrong
 */
function judgeBesideLog(
  { log, zip, head }: BroughtLog,
  report: Fields,
  trusted: Trusted & FollowedKeys,
  told: Told,
): readonly string[] {
  if (zip !== undefined) judgeLogFiles(zip, log);
  // What is older was signed by earlier keys, which the log tells of that its own key signed.
  const own = zip?.key === undefined ? undefined : keysOfLog(log, zip.key);
  const isKnown = logsThatSigned(head).length > 0 || formerOf(head.index + 1, trusted).length > 0;
  const known = isKnown ? trusted.keys : undefined;
  return judgeStatement(log, report, { own: own ?? known, trusted: known }, told);
}

/** What the ZIP says of the log beside the proof. @throws Wrong where it is something else than the entry and the proof say. */
function judgeLogFiles(
  { manifest, checkpoint }: BroughtZip,
  { entry: bytes, proof }: NonNullable<BroughtEvidence['log']>,
): void {
  const { run, headerDigest } = readEntry(bytes);
  for (const [field, said, is] of [
    ['id', manifest['id'], run],
    ['archive.headerDigest', at(manifest, 'archive', 'headerDigest'), headerDigest],
  ] as const)
    if (said !== undefined && said !== is)
      throw new Wrong(
        `manifest.json: its ${field} is ${JSON.stringify(said)}, and the log's entry says ${is}`,
      );
  if (checkpoint !== undefined && checkpoint !== readProof(proof).checkpoint)
    throw new Wrong('log-checkpoint.txt: it is not the signed head that stands in report.tlog-proof');
}

/**
 * The key that stands with a log, which signed its head, and those that the log tells of by it. It shows nothing of who made it, and what is of
 * this log must be signed by these.
 *
 * @throws Wrong where it did not sign the head.
 */
function keysOfLog(log: NonNullable<BroughtEvidence['log']>, text: string): readonly VerifierKey[] {
  const key = named('log-key.txt', () => readVerifierKey(text.trim()));
  const { signed } = named('report.tlog-proof', () => checkProof(log.proof, log.entry, [key]));
  if (key.use !== 'log' || signed.length === 0)
    throw new Wrong('log-key.txt: it is another key than the one that signed');
  const { keys } = followKeys(log, { keys: [key] }, { shown: [], notShown: [] });
  return keys;
}

/** The head of the log that the report is in. @throws Wrong */
function judgeLog(
  { entry: bytes, proof }: NonNullable<BroughtEvidence['log']>,
  report: Fields,
  { keys, signers = keys, now }: Trusted,
  told: Told,
): ProvenHead {
  const entry = named('log-entry.json', () => readEntry(bytes));
  const said: readonly [field: string, entry: unknown, report: unknown][] = [
    ['digest', entry.digest, report['digest']],
    ['evidence', entry.evidenceDigest, digestOfJson(report['evidence'] ?? null)],
    ['report', entry.report, report['reportName']],
    ['type', entry.type, report['reportTypeName']],
    ['cluster', entry.cluster, report['cluster']],
    ['start', entry.start, report['startTime']],
    ['end', entry.end, report['endTime']],
    ['revision', entry.revision, report['revision'] ?? 1],
  ];
  for (const [field, logged, is] of said)
    if (logged !== is)
      throw new Wrong(
        `the log has another report: its ${field} is ${String(logged)}, and here ${String(is)}`,
      );
  const proven = named('report.tlog-proof', () => checkProof(proof, bytes, signers));
  const head = believed(proven, { now, windowEnd: entry.end }, told);
  told.shown.push(
    `it is entry ${head.index} of the log ${head.origin} of ${head.size} entries, as run ${entry.run}, revision ${entry.revision}, of ${clusterOf(entry)}`,
  );
  tellSigners(head, told);
  if (entry.later === true)
    told.notShown.push('what happened to it before it was logged: it had been archived before');
  return head;
}

const STATEMENT = 'coverage.dsse.json';

/** Whose signature counts under a statement. */
interface StatementKeys {
  /** Those of the log that it stands with, whoever that is of: one of them must have signed it. Absent where they are not known. */
  readonly own: readonly VerifierKey[] | undefined;
  /** Those that are trusted; absent where they did not sign the log either. */
  readonly trusted: readonly VerifierKey[] | undefined;
}

/**
 * Judges what is said of the report's evidence apart from it.
 *
 * @returns its name where not all of it is shown. @throws Wrong
 */
function judgeStatement(
  { entry: bytes, statement: file }: NonNullable<BroughtEvidence['log']>,
  { evidence }: Fields,
  { own, trusted }: StatementKeys,
  { shown, notShown }: Told,
): readonly string[] {
  const entry = readEntry(bytes);
  if (file === undefined) {
    if (isStatedEvidence(evidence))
      throw new Wrong(`${STATEMENT} is missing: one was signed when the report was logged`);
    notShown.push('what is said of its evidence apart from it: no statement is there');
    return [];
  }
  const { statement, signed } = statementIn(file, [...(trusted ?? []), ...(own ?? [])]);
  const problem = statementProblem(statement, entry, evidence, digestOfJson);
  if (problem !== undefined) throw new Wrong(`${STATEMENT}: ${problem}`);
  const isBy = (keys: readonly VerifierKey[]) => (key: VerifierKey) =>
    keys.some((each) => isSameKey(each, key));
  if (own !== undefined && !signed.some(isBy(own)))
    throw new Wrong(`${STATEMENT}: no key of that log signed it`);
  if (statement.predicateType !== COVERAGE_STATEMENT) {
    notShown.push(
      `what ${STATEMENT} says: it is of the type ${JSON.stringify(statement.predicateType)}, and ${COVERAGE_STATEMENT} is known`,
    );
    return [STATEMENT];
  }
  const by = signed.filter(isBy(trusted ?? []));
  if (by.length === 0)
    notShown.push(`who made ${STATEMENT}, which says of its evidence what the report does`);
  for (const { name, id } of by)
    shown.push(
      `${STATEMENT} says of its evidence what the report does, and is signed by the key ${name}+${id}`,
    );
  return [];
}

/** The statement in its envelope, and who of these signed it. @throws Wrong */
function statementIn(file: Uint8Array, keys: readonly VerifierKey[]): ReturnType<typeof readEnvelope> {
  const text = Buffer.from(file).toString();
  const read = named(STATEMENT, () => readEnvelope(text, keys));
  const { payload } = JSON.parse(text) as { readonly payload: string };
  for (const each of [text, Buffer.from(payload, 'base64').toString()]) {
    const problem = ambiguityOf(each, (name) => name.toLowerCase());
    if (problem !== undefined) throw new Wrong(`${STATEMENT}: ${problem}`);
  }
  return read;
}
