import { COVERAGE_STATEMENT, coverageStatement, type StatedEvidence } from '@margay/coverage';
import {
  append,
  consistencyFrom,
  digestOfJson,
  edgeOf,
  envelopeText,
  type Entry,
  entryBytes,
  inclusionFrom,
  keyChangeBytes,
  leafHash,
  proofText,
  signCheckpoint,
  signingKey,
  type SigningKey,
  type Statement,
  STATEMENT_TYPE,
  type Tile,
  readVerifierKey,
  signNote,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { computeReport, verifyReport } from '@margay/reports';
import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Trusted } from './judgement.ts';
import type { BroughtEvidence, BroughtZip } from './read-evidence.ts';

/** Some days after the window of the report. */
const NOW = Date.UTC(2025, 10, 28);

type Json = Readonly<Record<string, unknown>>;

const KEY = signingKey('margay.example/c', new Uint8Array(32).fill(1));
const OTHER = signingKey('other.example/c', new Uint8Array(32).fill(3));
const STRANGER = signingKey('margay.example/c', new Uint8Array(32).fill(2));

/** Whoever can change a report gives it the digest of what he made. */
function withDigest(report: Json): Json {
  const said = verifyReport({ ...report, digest: '' });
  return { ...report, digest: said.ok ? '' : /content has (\w+)/.exec(said.reason)?.[1] };
}

const HONEST = JSON.parse(
  JSON.stringify(
    computeReport({
      name: 'daily',
      spec: { reportType: 'inventory' },
      window: { start: 1_764_000_000_000_000, end: 1_764_003_600_000_000 },
      cluster: 'c',
      versions: [],
    }),
  ),
) as Json;

/** The same report with an endpoint that never was, everything in it consistent. */
const FORGED = withDigest({
  ...HONEST,
  endpoints: [{ endpoint: 'Pod.v1(shop/web)', ingressProtected: true, notKnown: [] }],
  endpointsSummary: { ...(HONEST['endpointsSummary'] as object), numTotal: 1, numIngressProtected: 1 },
  rowCounts: { ...(HONEST['rowCounts'] as object), endpoints: 1 },
});

const entryOf = (report: Json, more: Partial<Entry> = {}): Entry => ({
  cluster: 'c',
  run: 'daily@1',
  revision: 1,
  report: 'daily',
  type: 'inventory',
  start: report['startTime'] as string,
  end: report['endTime'] as string,
  digest: report['digest'] as string,
  evidenceDigest: digestOfJson(report['evidence']),
  headerDigest: 'h',
  version: '0.1.0',
  ...more,
});

/** What is stated of the honest report's evidence. */
const statementOf = (entry: Entry, more: object = {}, predicateType = COVERAGE_STATEMENT): Statement => ({
  _type: STATEMENT_TYPE,
  subject: [{ name: entry.run, digest: { sha256: entry.digest } }],
  predicateType,
  predicate: { ...coverageStatement(entry, HONEST['evidence'] as StatedEvidence), ...more },
});

/** A log of these entries: its checkpoints and proofs. */
function logOf(entries: readonly Entry[], key: SigningKey = KEY) {
  const bytes = entries.map(entryBytes);
  const { root, tiles } = append(0, bytes.map(leafHash), () => new Uint8Array());
  const read = ({ level, index }: Omit<Tile, 'bytes' | 'width'>) =>
    tiles.find((tile) => tile.level === level && tile.index === index)!.bytes;
  expect(edgeOf(0)).toEqual([]);
  const checkpoint = signCheckpoint({ size: entries.length, root }, key);
  const stated = (entry: Entry) => envelopeText(statementOf(entry), key);
  return {
    checkpoint: Buffer.from(checkpoint),
    from: (older: number) => consistencyFrom(older, entries.length).compute(read),
    of: (index: number) => {
      const hashes = inclusionFrom(index, entries.length).compute(read);
      const proof = Buffer.from(proofText({ index, hashes, checkpoint }));
      return { entry: bytes[index]!, proof, statement: Buffer.from(stated(entries[index]!)) };
    },
  };
}

const other = (run: string): Entry => entryOf(HONEST, { run, digest: 'other' });
const LOG = logOf([other('a'), entryOf(HONEST), other('b')]);
const evidence = (report: Json, log?: BroughtEvidence['log']): BroughtEvidence => ({
  report,
  ...(log && { log }),
});
const judged = (brought: BroughtEvidence, trusted: Partial<Trusted> = {}) =>
  judge(brought, { keys: [KEY], now: NOW, ...trusted });

test('a report alone is consistent with itself, and nothing more is said of it', () => {
  for (const report of [HONEST, FORGED]) {
    expect(judged(evidence(report), { keys: [] })).toMatchObject({ signedBy: [], isAnswered: true });
    expect(judged(evidence(report))).toMatchObject({ signedBy: [], isAnswered: false });
  }
});

test('a report in a log that a trusted key signed is the one that was logged', () => {
  const said = judged(evidence(HONEST, LOG.of(1)));
  expect(said).toMatchObject({ signedBy: [KEY.name], isAnswered: true, notShown: [] });
  expect(said.shown).toContain(
    'it is entry 1 of the log margay.example/c of 3 entries, as run daily@1, revision 1, of c (its uid is not known)',
  );
  expect(said.shown).toContain(
    `it says that it is of daily (inventory) of the cluster c, ${String(HONEST['startTime'])} to ${String(HONEST['endTime'])}`,
  );
  const known = logOf([entryOf(HONEST, { clusterUid: 'u-1' })]);
  expect(judged(evidence(HONEST, known.of(0))).shown.join('\n')).toContain('revision 1, of c (uid u-1)');
});

test('one that was logged later says so', () => {
  const log = logOf([entryOf(HONEST, { later: true })]);
  expect(judged(evidence(HONEST, log.of(0))).notShown).toEqual([
    'what happened to it before it was logged: it had been archived before',
  ]);
});

describe('the statement about the evidence', () => {
  const log = LOG.of(1);
  const entry = entryOf(HONEST);
  const withStatement = (statement: Statement, key = KEY) =>
    judged(evidence(HONEST, { ...log, statement: Buffer.from(envelopeText(statement, key)) }));

  test('is signed by the key of the log', () => {
    expect(withStatement(statementOf(entry)).shown).toContain(
      `coverage.dsse.json says of its evidence what the report does, and is signed by the key ${KEY.name}+${KEY.id}`,
    );
  });

  test.each<[what: string, statement: Statement, why: string]>([
    ['better than the report', statementOf(entry, { complete: true }), 'says something else of the evidence'],
    ['of another report', statementOf({ ...entry, digest: 'd'.repeat(64) }), 'it is about another report'],
  ])('%s is found out', (_, statement, why) => {
    for (const key of [KEY, STRANGER]) expect(withStatement(statement, key).wrong).toContain(why);
  });

  test('that was changed is found out by its signature', () => {
    const text = envelopeText(statementOf(entry, { reasons: ['nothing'] }), KEY);
    const { payload } = JSON.parse(envelopeText(statementOf(entry), KEY)) as { payload: string };
    const mixed = Buffer.from(JSON.stringify({ ...(JSON.parse(text) as object), payload }));
    expect(judged(evidence(HONEST, { ...log, statement: mixed })).wrong).toContain('it was changed');
  });

  test('that has two readings is found out, whoever signed it', () => {
    const text = envelopeText(statementOf(entry), STRANGER);
    const { payload } = JSON.parse(text) as { payload: string };
    const twice = Buffer.from(payload, 'base64').toString().replace('"grade":', '"grade":"proven",$&');
    expect(twice).toContain('"proven"');
    for (const [statement, why] of [
      [text.replace('{', '{"payload":"e30=",'), '"payload" twice'],
      [text.replace('{', '{"Payload":"e30=",'), 'twice'],
      [text.replace(payload, Buffer.from(twice).toString('base64')), '"grade" twice'],
    ] as const)
      for (const keys of [[], [OTHER]])
        expect(
          judged(evidence(HONEST, { ...log, statement: Buffer.from(statement) }), { keys }).wrong,
        ).toContain(why);
  });

  test('of a stranger, or that is not there although one was signed, is found out', () => {
    const { statement: _, ...without } = log;
    const stranger = signingKey('other.example', new Uint8Array(32));
    expect(withStatement(statementOf(entry), stranger).wrong).toBe(
      'coverage.dsse.json: no key of that log signed it',
    );
    expect(judged(evidence(HONEST, without)).wrong).toContain('coverage.dsse.json is missing');
  });

  test('of a type that is not known is named, and not all is shown', () => {
    const said = withStatement(statementOf(entry, {}, 'https://example.com/v9'));
    expect(said.notShown.join('\n')).toContain('"https://example.com/v9"');
    expect(said).toMatchObject({ isAnswered: false, doubtful: ['coverage.dsse.json'] });
  });

  test('is missed of no report whose evidence an older release told of, of which nothing was stated', () => {
    const older = withDigest({ ...HONEST, evidence: { sources: null } });
    const { statement: _, ...without } = logOf([entryOf(older)]).of(0);
    expect(judged(evidence(older, without))).toMatchObject({
      isAnswered: true,
      notShown: ['what is said of its evidence apart from it: no statement is there'],
    });
  });
});

describe('whoever changes', () => {
  test.each<[what: string, brought: BroughtEvidence, why: string]>([
    ['a row', evidence({ ...HONEST, cluster: 'd' }, LOG.of(1)), 'its digest says'],
    ['the report and its digest', evidence(FORGED, LOG.of(1)), 'the log has another report: its digest is'],
    [
      'a count and the digest',
      evidence(
        withDigest({
          ...HONEST,
          endpointsSummary: { ...(HONEST['endpointsSummary'] as object), numTotal: 9 },
        }),
      ),
      'endpointsSummary.numTotal says 9, and its rows make 0',
    ],
    [
      'which revision it is',
      evidence({ ...HONEST, revision: 2, supersedes: 'x' }, LOG.of(1)),
      'its revision is 1, and here 2',
    ],
    [
      'the entry too',
      evidence(FORGED, { ...LOG.of(1), entry: entryBytes(entryOf(FORGED)) }),
      'report.tlog-proof: it does not show that the entry is number 1',
    ],
    ['the place in the log', evidence(HONEST, { ...LOG.of(1), proof: LOG.of(0).proof }), 'does not show'],
  ])('%s is found out', (_, brought, why) => {
    const said = judged(brought);
    expect(said.wrong).toContain(why);
    expect(said).toMatchObject({ signedBy: [], isAnswered: false });
  });

  test.each<[what: string, zip: Partial<BroughtZip>, why: string]>([
    [
      'the id in the manifest',
      { manifest: { id: 'other' } },
      'its id is "other", and the log\'s entry says daily@1',
    ],
    [
      'the header in the manifest',
      { manifest: { archive: { headerDigest: 'x' } } },
      'its archive.headerDigest is',
    ],
    [
      'the checkpoint beside the proof',
      { checkpoint: logOf([other('a')]).checkpoint.toString() },
      'log-checkpoint.txt',
    ],
    ['the key beside the proof', { key: `${verifierKeyText(STRANGER)}\n` }, 'log-key.txt: it is another key'],
  ])('%s is found out', (_, zip, why) => {
    const whole = (more: Partial<BroughtZip>): BroughtEvidence => ({
      ...evidence(HONEST, LOG.of(1)),
      zip: {
        named: new Map(),
        there: new Map(),
        checkpoint: LOG.checkpoint.toString(),
        key: `${verifierKeyText(KEY)}\n`,
        ...more,
        manifest: { digest: HONEST['digest'], ...more.manifest },
      },
    });
    expect(judged(whole({ manifest: { id: 'daily@1', archive: { headerDigest: 'h' } } }))).toMatchObject({
      isAnswered: true,
    });
    expect(judged(whole(zip)).wrong).toContain(why);
  });

  test('what the first report of a window supersedes, is found out; of a later one it is not shown', () => {
    expect(judged(evidence({ ...HONEST, supersedes: 'x' })).wrong).toContain('it is the first of its window');
    const second = { ...HONEST, revision: 2, supersedes: 'x' };
    const log = logOf([entryOf(HONEST, { revision: 2 })]);
    expect(judged(evidence(second, log.of(0))).notShown).toEqual([
      'that it supersedes "x": no digest is over that',
    ]);
  });

  test('everything, with a key of his own, is nobody who is trusted', () => {
    const forged = evidence(FORGED, logOf([entryOf(FORGED)], STRANGER).of(0));
    expect(judged(forged)).toMatchObject({ signedBy: [], isAnswered: false });
    expect(judged(forged, { keys: [] })).toMatchObject({ signedBy: [] });
  });

  test('the past, with the key itself, is found out by whoever kept a checkpoint', () => {
    const kept = LOG.checkpoint;
    const forked = logOf([other('a'), entryOf(FORGED), other('b')]);
    const longer = logOf([other('a'), entryOf(FORGED), other('b'), other('c')]);
    const fork = evidence(FORGED, forked.of(1));
    expect(judged(fork)).toMatchObject({ signedBy: [KEY.name] });
    expect(judged(fork, { since: kept }).wrong).toContain('does not go on');
    const told = judged(evidence(FORGED, longer.of(1)), { since: kept, growth: longer.from(3) });
    expect(told.wrong).toContain('the log of 4 entries does not go on from the one of 3');
    const shorter = logOf([other('a'), entryOf(FORGED)]);
    const cut = judged(evidence(FORGED, shorter.of(1)), { since: kept, growth: LOG.from(2) });
    expect(cut.wrong).toContain('does not go on');
  });
});

describe('a checkpoint that was kept', () => {
  const longer = logOf([other('a'), entryOf(HONEST), other('b'), other('c')]);
  const later = evidence(HONEST, longer.of(1));

  test('of the same log, older or newer, is gone with', () => {
    expect(judged(evidence(HONEST, LOG.of(1)), { since: LOG.checkpoint })).toMatchObject({
      isAnswered: true,
    });
    const growth = longer.from(3);
    expect(judged(later, { since: LOG.checkpoint, growth })).toMatchObject({ isAnswered: true });
    const older = evidence(HONEST, LOG.of(1));
    expect(judged(older, { since: longer.checkpoint, growth })).toMatchObject({ isAnswered: true });
  });

  test('without the proof shows nothing, and what to ask for is said', () => {
    const said = judged(later, { since: LOG.checkpoint });
    expect(said).toMatchObject({ isAnswered: false });
    expect(said.notShown[0]).toContain('/api/v1/log/growth?from=3&to=4');
    expect(judged(evidence(HONEST), { since: LOG.checkpoint })).toMatchObject({ isAnswered: false });
  });

  test('of another log is a contradiction where a key that is known signed it, and else not shown', () => {
    const far = signingKey('other.example', new Uint8Array(32));
    const since = logOf([other('a')], far).checkpoint;
    const words = 'the checkpoint that was kept is of other.example';
    expect(judged(later, { since, keys: [KEY, far] }).wrong).toContain(words);
    const said = judged(later, { since });
    expect(said).toMatchObject({ isAnswered: false });
    expect([said.wrong, said.notShown.join()]).toEqual([undefined, expect.stringContaining(words)]);
  });

  test.each<[what: string, keys: Trusted['keys'], signedBy: string[], why: string]>([
    ['another key than was given', [KEY], [KEY.name], 'which is no key that was given'],
    ['nobody who is known, as no key was given,', [], [], 'no key was given'],
  ])('that %s signed is no contradiction, and is named as not shown', (_, keys, signedBy, why) => {
    const entries = [other('a'), entryOf(HONEST), other('b'), other('c')];
    const newer = logOf([...entries, other('d')], STRANGER);
    for (const trusted of [
      { since: logOf(entries, STRANGER).checkpoint },
      { since: newer.checkpoint },
      { since: newer.checkpoint, growth: newer.from(4) },
    ]) {
      const said = judged(later, { keys, ...trusted });
      expect(said).toMatchObject({ signedBy, isAnswered: false });
      expect(said.wrong).toBeUndefined();
      const words = said.notShown.join('\n');
      expect(words).toContain(
        `who signed the checkpoint that was kept: it is signed by ${STRANGER.name}+${STRANGER.id}`,
      );
      expect(words).toContain(why);
    }
    const fork = logOf([other('a'), entryOf(FORGED), other('b'), other('c')], STRANGER).checkpoint;
    expect(judged(later, { keys, since: fork }).wrong).toContain('does not go on');
  });

  test('signed by a key that followed shows that the former one signs no more: a later head of that is nobody’s', () => {
    const kept = logOf([other('a'), entryOf(HONEST), other('b')], STRANGER).checkpoint;
    const trusted = { keys: [KEY, STRANGER], since: kept };
    for (const more of [{ growth: longer.from(3) }, {}]) {
      const said = judged(later, { ...trusted, ...more });
      expect(said).toMatchObject({ signedBy: [], isAnswered: false });
      expect(said.notShown.join('\n')).toContain(
        `which of the keys ${KEY.name}+${KEY.id} and ${STRANGER.name}+${STRANGER.id} signs that log of 4 entries`,
      );
    }
    // What was exported before the key followed is in the log that it signed.
    const since = logOf([other('a'), entryOf(HONEST), other('b'), other('c')], STRANGER).checkpoint;
    expect(judged(evidence(HONEST, LOG.of(1)), { ...trusted, since, growth: longer.from(3) })).toMatchObject({
      signedBy: [KEY.name],
      isAnswered: true,
    });
  });
});

/** A log of a report, and of a change of keys behind it, by whoever signs its head. */
function logWithChange(
  report: Json,
  change: Uint8Array,
  by: SigningKey,
): NonNullable<BroughtEvidence['log']> {
  const entries = [entryBytes(entryOf(report)), change];
  const { root, tiles } = append(0, entries.map(leafHash), () => new Uint8Array());
  const checkpoint = signCheckpoint({ size: 2, root }, by);
  const proofOf = (index: number) =>
    proofText({ index, hashes: inclusionFrom(index, 2).compute(() => tiles[0]!.bytes), checkpoint });
  const growth = [Buffer.from(leafHash(change)).toString('base64')];
  const changes = [{ entry: Buffer.from(change).toString(), proof: proofOf(1), growth }];
  return {
    entry: entries[0]!,
    proof: Buffer.from(proofOf(0)),
    statement: Buffer.from(envelopeText(statementOf(entryOf(report)), by)),
    keyChanges: Buffer.from(JSON.stringify(changes)),
  };
}

const NEXT = signingKey(KEY.name, new Uint8Array(32).fill(5));

/** The entry that one key follows another, in the log that has a report alone before. */
const changeAfter = async (report: Json, before: SigningKey | VerifierKey, key: SigningKey) =>
  keyChangeBytes(before, key, { size: 1, root: leafHash(entryBytes(entryOf(report))) });

/** As releases made it that did not say which log it is of. */
function placedChange(before: SigningKey, to: SigningKey): Uint8Array {
  const [was, key, number] = [verifierKeyText(before), verifierKeyText(to), 1];
  const announcement = signNote(`margay.io/key-change@v2\n${was}\n${key}\n${number}\n`, before);
  return Buffer.from(JSON.stringify({ keyChange: { announcement, before: was, key, number } }));
}

describe('a change of keys', () => {
  test('is followed from the key that was given to the one that it announced', async () => {
    const brought = evidence(HONEST, logWithChange(HONEST, await changeAfter(HONEST, KEY, NEXT), NEXT));
    expect(judged(brought)).toMatchObject({ signedBy: [KEY.name], isAnswered: true });
  });

  test.each<[given: string, keys: readonly SigningKey[]]>([
    ['the old one', [KEY]],
    ['the new one', [NEXT]],
    ['both', [KEY, NEXT]],
  ])('goes on from a checkpoint of before that was kept, where %s was given', async (_, keys) => {
    const change = await changeAfter(HONEST, KEY, NEXT);
    const growth = [leafHash(change)];
    const brought = evidence(HONEST, logWithChange(HONEST, change, NEXT));
    const since = logOf([entryOf(HONEST)]).checkpoint;
    expect(judged(brought, { keys, since, growth })).toMatchObject({
      signedBy: [KEY.name],
      isAnswered: true,
    });
  });

  test.each<[what: string, keys: Trusted['keys'], signedBy: string[]]>([
    [
      'is not believed of a key that was given: who follows it may be a thief with an older one',
      [NEXT, KEY],
      [],
    ],
    ['is believed of one that only the log names, for the key that was given', [KEY], [KEY.name]],
  ])('that says that a key was lost %s', async (_, keys, signedBy) => {
    const lost = await changeAfter(HONEST, readVerifierKey(verifierKeyText(NEXT)), KEY);
    const since = logOf([entryOf(HONEST)], NEXT).checkpoint;
    const brought = evidence(HONEST, logWithChange(HONEST, lost, KEY));
    expect(judged(brought, { keys, since, growth: [leafHash(lost)] })).toMatchObject({ signedBy });
  });

  test('is of the log in which the old key announced it: whoever has the next key makes no other entries before it', async () => {
    const change = await changeAfter(HONEST, KEY, NEXT);
    const brought = evidence(FORGED, logWithChange(FORGED, change, NEXT));
    for (const keys of [[KEY], [NEXT], [KEY, NEXT]])
      expect(judged(brought, { keys }).wrong).toBe(
        `log-key-changes.json: ${KEY.name}+${KEY.id} announced another key in a log of 1 entries from which this one is not shown to go on`,
      );
    // Without what shows it, it is not shown either.
    const log = logWithChange(HONEST, change, NEXT);
    const bare = (JSON.parse(Buffer.from(log.keyChanges!).toString()) as Json[]).map(
      ({ growth: _, ...rest }) => rest,
    );
    const lacking = { ...log, keyChanges: Buffer.from(JSON.stringify(bare)) };
    expect(judged(evidence(HONEST, lacking)).wrong).toContain('is not shown to go on');
  });

  test('that does not say which log it is of, as of older releases, is followed as ever', async () => {
    const brought = evidence(HONEST, logWithChange(HONEST, placedChange(KEY, NEXT), NEXT));
    expect(judged(brought)).toMatchObject({ signedBy: [KEY.name], isAnswered: true });
  });

  test.each<[string, SigningKey, SigningKey]>([
    ['from a stranger’s key to the one that was given makes the stranger no signer', STRANGER, KEY],
    ['ends what the old key may sign', KEY, NEXT],
  ])('%s', async (_, before, key) => {
    const brought = evidence(FORGED, logWithChange(FORGED, await changeAfter(FORGED, before, key), before));
    const judgement = judged(brought);
    expect(judgement).toMatchObject({ signedBy: [], isAnswered: false });
    expect(judgement.shown.filter((words) => words.includes('signed by the key'))).toEqual([]);
  });
});
