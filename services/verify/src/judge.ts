import { COVERAGE_STATEMENT, coverageStatement, isStatedEvidence } from '@margay/coverage';
import { at, type Fields } from '@margay/ground';
import {
  checkProof,
  digestOfJson,
  type Entry,
  NoEntry,
  NoteProblem,
  readEntry,
  readEnvelope,
  readProof,
  type SignedCheckpoint,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { LOG_FILES, summariesProblem, verifyReport } from '@margay/reports';
import { followKeys } from './follow-keys.ts';
import { judgeFiles } from './judge-files.ts';
import { judgeSince, judgeWitnesses, logsThatSigned, tellSigners, whoNotShown } from './judge-head.ts';
import { type Judgement, named, type Told, type Trusted, WRONG } from './judgement.ts';
import { ambiguityOf } from './one-reading.ts';
import type { BroughtEvidence, BroughtZip } from './read-evidence.ts';
import { Wrong } from './wrong.ts';

/** Judges a report by itself, by its log, and by what is trusted. */
export function judge({ report, isRewritten = false, log, zip }: BroughtEvidence, given: Trusted): Judgement {
  const shown: string[] = [];
  const notShown: string[] = [];
  const verification = verifyReport(report);
  if (!verification.ok) return { ...WRONG, shown, notShown, wrong: verification.reason };
  try {
    const problem = summariesProblem(report as Fields);
    if (problem !== undefined) throw new Wrong(problem);
    shown.push(`its header and rows have the digest that it carries, sha256 ${verification.digest}`);
    shown.push('its summaries are what its rows make');
    judgeBeside(report as Fields, isRewritten, notShown);
    const doubtful = zip === undefined ? [] : judgeZip(zip, report as Fields, log, { shown, notShown });
    const trusted = followKeys(log, given, { shown, notShown });
    const head = log && judgeLog(log, report as Fields, trusted, { shown, notShown });
    if (zip !== undefined && head !== undefined) judgeLogFiles(zip, log!, head);
    if (head === undefined) notShown.push('that it was logged: nothing with it says so');
    const signedBy = logsThatSigned(head);
    if (signedBy.length === 0) notShown.push(whoNotShown(trusted));
    const { since } = trusted;
    const kept = since && judgeSince(since, head, trusted, { shown, notShown });
    const witnessed = judgeWitnesses(head, kept, trusted, { shown, notShown });
    return {
      about: 'report',
      shown,
      notShown,
      signedBy,
      isAnswered:
        (since === undefined || kept !== undefined) &&
        witnessed &&
        (trusted.keys.length === 0 || signedBy.length > 0) &&
        doubtful.length === 0,
      doubtful,
    };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof NoteProblem || error instanceof NoEntry)) throw error;
    return { ...WRONG, shown, notShown, wrong: error.message };
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
function judgeZip(
  zip: BroughtZip,
  report: Fields,
  log: BroughtEvidence['log'],
  { shown, notShown }: Told,
): readonly string[] {
  const { wrong, made, otherwise, fitting, added, foreign } = judgeFiles(zip, report);
  if (wrong !== undefined) throw new Wrong(wrong);
  const unproven = log === undefined ? LOG_FILES.filter((name) => zip.there.has(name)) : [];
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
      unproven,
      (names) => `anything of these, which the log's entry and its proof must both stand with: ${names}`,
    ],
  ];
  shown.push('the files that manifest.json names are there as it says; nobody signed manifest.json');
  for (const [where, names, sentence] of said) if (names.length > 0) where.push(sentence(names.join(', ')));
  return [...otherwise, ...added, ...foreign, ...unproven.filter((name) => !foreign.includes(name))];
}

/** What the ZIP says of the log beside the proof. @throws Wrong where it is something else than the entry and the proof say. */
function judgeLogFiles(
  { manifest, checkpoint, key }: BroughtZip,
  { entry: bytes, proof }: NonNullable<BroughtEvidence['log']>,
  { signed }: SignedCheckpoint,
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
  const logKeys = signed.filter((each) => each.key.use === 'log').map((each) => verifierKeyText(each.key));
  if (key !== undefined && logKeys.length > 0 && !logKeys.includes(key.trim()))
    throw new Wrong('log-key.txt: it is another key than the one that signed');
}

/** The head of the log that the report is in. @throws Wrong */
function judgeLog(
  { entry: bytes, proof, statement }: NonNullable<BroughtEvidence['log']>,
  report: Fields,
  { keys, signers = keys }: Trusted,
  { shown, notShown }: Told,
): SignedCheckpoint & { readonly index: number } {
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
  const head = named('report.tlog-proof', () => checkProof(proof, bytes, signers));
  shown.push(
    `it is entry ${head.index} of the log ${head.origin} of ${head.size} entries, as run ${entry.run}, revision ${entry.revision}`,
  );
  tellSigners(head, { shown, notShown });
  if (statement === undefined)
    notShown.push('what is said of its evidence apart from it: no statement is there');
  else {
    // What is older was signed by earlier keys, which the log tells of that this one signed.
    const known = logsThatSigned(head).length > 0 ? keys : signers;
    judgeStatement(statement, entry, report, known, { shown, notShown });
  }
  if (entry.later === true)
    notShown.push('what happened to it before it was logged: it had been archived before');
  return head;
}

/** Judges what is said of the report's evidence apart from it. @throws Wrong */
function judgeStatement(
  bytes: Uint8Array,
  entry: Entry,
  { evidence }: Fields,
  keys: readonly VerifierKey[],
  { shown, notShown }: Told,
): void {
  const text = Buffer.from(bytes).toString();
  const { statement, signed } = named('coverage.dsse.json', () => readEnvelope(text, keys));
  const { payload } = JSON.parse(text) as { readonly payload: string };
  for (const each of [text, Buffer.from(payload, 'base64').toString()]) {
    const problem = ambiguityOf(each, (name) => name.toLowerCase());
    if (problem !== undefined) throw new Wrong(`coverage.dsse.json: ${problem}`);
  }
  const { predicateType, subject, predicate } = statement;
  if (predicateType !== COVERAGE_STATEMENT) {
    notShown.push(
      `what coverage.dsse.json says: it is of the type ${JSON.stringify(predicateType)}, and ${COVERAGE_STATEMENT} is known`,
    );
    return;
  }
  const isOfReport = subject.length === 1 && subject[0]!.digest.sha256 === entry.digest;
  if (!isOfReport) throw new Wrong('coverage.dsse.json: it is about another report');
  if (statedDigest(entry, evidence) !== digestOfJson(predicate ?? null))
    throw new Wrong('coverage.dsse.json: it says something else of the evidence than the report does');
  if (signed.length === 0)
    notShown.push('who made coverage.dsse.json, which says of its evidence what the report does');
  for (const { name, id } of signed)
    shown.push(
      `coverage.dsse.json says of its evidence what the report does, and is signed by the key ${name}+${id}`,
    );
}

/** The digest of what is stated of a report's evidence; undefined where that is none that anybody could state something of. */
function statedDigest(entry: Entry, evidence: unknown): string | undefined {
  try {
    return isStatedEvidence(evidence) ? digestOfJson(coverageStatement(entry, evidence)) : undefined;
  } catch {
    // Its digest is right, which says nothing of its shape.
    return undefined;
  }
}
