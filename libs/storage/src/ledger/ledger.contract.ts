import {
  checkProof,
  cosignNote,
  goesOnFrom,
  NoKey,
  readCheckpoint,
  readEntry,
  readEnvelope,
  readKeyChange,
  readVerifierKey,
  signCheckpoint,
  signingKey,
  type SigningKey,
  verifierKeyText,
} from '@margay/ledger';
import { VERSION } from '@margay/runtime';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { afterAll, describe, expect, test } from 'vitest';
import type { ArchivedHeader, ReportRecord } from '../archive/archive.ts';
import type { Stores } from '../stores.ts';
import { checkArchive } from '../archive-check/check.ts';
import { changeKeyAsBefore } from '../testing/append-blindly.ts';
import { collect } from '../testing/collect.ts';
import { changeLogKey, checkLog, checkLogKey, logReports, logUnlogged } from './append.ts';
import { cosigned, lastConfirmed } from './confirmed.ts';
import { growthProof } from './from-tiles.ts';
import { type Confirmation, CONFIRMATIONS_MAX, type Ledger, type LogHead, LogRefused } from './ledger.ts';
import { loggedReport } from './proofs.ts';
import { logReader } from './read-log.ts';
import { bundleIn, tileIn } from './served-tiles.ts';

const START = 1_764_000_000_000_000;
const HOUR = 3_600_000_000;
const key = signingKey('margay.example/c', new Uint8Array(32).fill(1));

const report = (id: string, more: Partial<ReportRecord> = {}): ReportRecord => ({
  id,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: START,
  end: START + HOUR,
  generatedAt: START + 2 * HOUR,
  digest: 'd'.repeat(64),
  parts: [],
  content: { evidence: { sources: null } },
  ...more,
});

/** What a report says of its evidence, as far as statements tell of it. */
const EVIDENCE = {
  sources: null,
  doubts: { total: 1, listed: [{ id: 'x', about: 'everything', reason: 'beginning' }] },
  unreadPolicies: { total: 0 },
  neverSeen: { total: 0 },
  enforcement: { enforcing: [], other: [], statement: 'Enforcement is not known.' },
};

/** The head's tree, and what the key signed of it. */
async function headOf(ledger: Ledger) {
  const { checkpoint, size } = (await ledger.head())!;
  const signed = readCheckpoint(new TextEncoder().encode(checkpoint), [key]);
  expect(signed).toMatchObject({ size, signed: [{ key: { name: key.name } }] });
  return signed;
}

/** What the log over an archive must do. `open` gives empty stores. */
export function ledgerContract(name: string, open: () => Promise<Stores>) {
  describe(`ledger contract: ${name}`, () => {
    const withReports = async (...reports: readonly ReportRecord[]) => {
      const stores = await open();
      const headers = [];
      for (const each of reports) headers.push(await stores.archive.complete(each));
      return { stores, ledger: stores.ledger, headers };
    };

    test('a log goes on with another key: an entry says so, and what was logged before stays shown', async () => {
      const { stores, ledger, headers } = await withReports(report('a'), report('b'));
      const next = signingKey(key.name, new Uint8Array(32).fill(2));
      await expect(changeLogKey(ledger, key, next)).rejects.toThrow('no log of reports yet');
      await logReports(stores, [headers[0]!], key);
      const stranger = signingKey(key.name, new Uint8Array(32).fill(3));
      await expect(changeLogKey(ledger, stranger, next)).rejects.toThrow(LogRefused);
      await changeLogKey(ledger, key, next);
      for (const refused of [() => logReports(stores, [headers[1]!], key), () => checkLogKey(ledger, key)])
        await expect(refused()).rejects.toThrow(
          `Entry 1 of the log of reports says that the key ${next.name}+${next.id} follows ${key.name}+${key.id}, which signs nothing any more.`,
        );
      expect((await ledger.head())!.size).toBe(2);
      await logReports(stores, [headers[1]!], next);
      await checkLog(ledger, next);
      const [, change] = await ledger.entries(0, 3);
      expect(readKeyChange(change!, 1)).toMatchObject({
        before: { id: key.id },
        key: { id: next.id },
        isAnnounced: true,
      });
      for (const run of ['a', 'b']) {
        const logged = (await loggedReport(ledger, run))!;
        expect(checkProof(Buffer.from(logged.proof), logged.entry, [next])).toMatchObject({
          size: 3,
          signed: [{}],
        });
        expect(logged.keyChanges).toMatchObject([{ entry: change }]);
        expect(checkProof(Buffer.from(logged.keyChanges[0]!.proof), change!, [next]).index).toBe(1);
      }
      // An entry about a key is no report, and none is missed for it.
      expect(await logReader(ledger)()).toMatchObject({ problems: [] });
      expect([...(await logReader(ledger)()).entries.keys()]).toEqual(['a', 'b']);
      expect(await logUnlogged(stores, next)).toBe(0);
    });

    test('of a log of before a key may have come back, and gone again: each change is an entry of its own', async () => {
      const { stores, ledger, headers } = await withReports(report('a'), report('b'));
      const next = signingKey(key.name, new Uint8Array(32).fill(2));
      await logReports(stores, [headers[0]!], key);
      const changes = [
        [key, next],
        [next, key],
        [key, next],
        [next, key],
      ] as const;
      for (const [i, [before, to]] of changes.entries()) {
        await changeKeyAsBefore(ledger, before, to);
        await checkLog(ledger, to);
        await expect(checkLogKey(ledger, before)).rejects.toThrow(
          `Entry ${i + 1} of the log of reports says that the key ${to.name}+${to.id} follows ${before.name}+${before.id}`,
        );
      }
      expect(await ledger.numbersOfKeys()).toEqual([1, 2, 3, 4]);
      await logReports(stores, [headers[1]!], key);
      expect(await ledger.numbersOfKeys()).toEqual([1, 2, 3, 4]);
      const { keyChanges } = (await loggedReport(ledger, 'a'))!;
      expect(keyChanges.map(({ entry }, i) => readKeyChange(entry, i + 1))).toMatchObject(
        changes.map(([before, to]) => ({ before: { id: before.id }, key: { id: to.id }, isAnnounced: true })),
      );
      const { checkpoint } = (await ledger.head())!;
      for (const since of [undefined, Buffer.from(checkpoint)]) {
        const { findings, isConfirmed } = await checkArchive(stores, {
          keys: [key],
          ...(since && { since }),
        });
        expect({ findings, isConfirmed }).toEqual({ findings: [], isConfirmed: since !== undefined });
      }
    });

    test('a key that another one followed comes back no more, announced or after a loss', async () => {
      const { stores, ledger, headers } = await withReports(report('a'));
      const [next, third] = [2, 3].map((seed) => signingKey(key.name, new Uint8Array(32).fill(seed)));
      await logReports(stores, headers, key);
      await changeLogKey(ledger, key, next!);
      await changeLogKey(ledger, next!, third!);
      const head = await ledger.head();
      const lost = readVerifierKey(verifierKeyText(third!));
      for (const before of [third!, lost])
        for (const [former, until] of [
          [key, 1],
          [next!, 2],
        ] as const) {
          const refused = changeLogKey(ledger, before, former);
          await expect(refused).rejects.toThrow(NoKey);
          await expect(refused).rejects.toThrow(`it signed that log until entry ${until} said`);
        }
      expect(await ledger.head()).toEqual(head);
    });

    test('an empty log has no head, and its archive no report without an entry', async () => {
      const { ledger } = await open();
      expect(await ledger.head()).toBeUndefined();
      await checkLog(ledger, key);
      await checkLogKey(ledger, key);
      expect(await ledger.numbersOf(['a'])).toEqual(new Map());
      expect(await ledger.numbersOfKeys()).toEqual([]);
      expect(await collect(ledger.unlogged())).toEqual([]);
      expect(await ledger.tiles([])).toEqual([]);
      await expect(ledger.tiles([{ level: 0, index: 0, width: 1 }])).rejects.toThrow('tile 0 of level 0');
      await expect(ledger.entries(0, 1)).rejects.toThrow('lacks');
    });

    test('each report has one entry, which says what the report is', async () => {
      const { stores, ledger, headers } = await withReports(
        report('a'),
        report('a-r2', { revision: 2, supersedes: 'a' }),
      );
      await stores.history.append([
        {
          id: 'e#0',
          eventId: 'e',
          what: 'present',
          group: '',
          resource: 'namespaces',
          namespace: '',
          name: 'kube-system',
          uid: 'u-1',
          resourceVersion: '1',
          at: START,
          receivedAt: START,
          content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
          origin: { source: 'audit.log', position: 1 },
        },
      ]);
      for (const header of headers) await logReports(stores, [header], key);
      await logReports(stores, headers, key);
      expect((await headOf(ledger)).size).toBe(2);
      const [first, second] = (await ledger.entries(0, 2)).map(readEntry);
      expect(first).toEqual({
        cluster: 'c',
        clusterUid: 'u-1',
        run: 'a',
        revision: 1,
        report: 'daily',
        type: 'inventory',
        start: '2025-11-24T16:00:00Z',
        end: '2025-11-24T17:00:00Z',
        digest: 'd'.repeat(64),
        // Of {"sources":null}.
        evidenceDigest: 'b276f4047500aec10db91bebe1645b235618bfcfd0db09f9210e2f52cc2b725a',
        headerDigest: headers[0]!.headerDigest,
        version: VERSION,
      });
      expect(second).toMatchObject({ run: 'a-r2', revision: 2 });
      expect(await ledger.numbersOf(['a', 'a-r2', 'b'])).toEqual(
        new Map([
          ['a', 0],
          ['a-r2', 1],
        ]),
      );
    });

    test('beside the entry of a report stands a signed statement about its evidence, where that tells enough', async () => {
      const { stores, ledger, headers } = await withReports(
        report('a', { content: { evidence: EVIDENCE } }),
        report('of an older release'),
      );
      await logReports(stores, headers, key);
      const envelope = (await ledger.statement(0))!;
      const { statement, signed } = readEnvelope(envelope, [key]);
      expect(signed).toEqual([key]);
      expect(statement).toMatchObject({
        subject: [{ name: 'a', digest: { sha256: 'd'.repeat(64) } }],
        predicate: { grade: 'not known', complete: false, doubts: { total: 1 }, report: { run: 'a' } },
      });
      expect((await loggedReport(ledger, 'a'))!.statement).toBe(envelope);
      expect(await ledger.statement(1)).toBeUndefined();
      expect(await ledger.statement(2)).toBeUndefined();
      await logReports(stores, [{ ...headers[0]!, id: 'b' }], key);
      expect(await ledger.statement(0)).toBe(envelope);
    });

    test('reports without an entry get one, oldest windows first, which says that it came later', async () => {
      const { stores, ledger, headers } = await withReports(
        report('b', { end: START + 3 * HOUR }),
        report('z', { end: START + 2 * HOUR }),
        report('c', { end: START + 3 * HOUR }),
      );
      await logReports(stores, [headers[0]!], key);
      expect((await collect(ledger.unlogged())).map(({ id }) => id)).toEqual(['z', 'c']);
      expect(await logUnlogged(stores, key)).toBe(2);
      expect(await logUnlogged(stores, key)).toBe(0);
      const entries = (await ledger.entries(0, 3)).map(readEntry);
      expect(entries.map(({ run, later }) => [run, later])).toEqual([
        ['b', undefined],
        ['z', true],
        ['c', true],
      ]);
    });

    test('two writers at the same time: every report has one entry, and every head goes on from the one before', async () => {
      const { stores, ledger, headers } = await withReports(
        ...Array.from({ length: 6 }, (_, i) => report(`r${i}`, { end: START + HOUR + i })),
      );
      await Promise.all(headers.flatMap((header) => [1, 2].map(() => logReports(stores, [header], key))));
      const head = await headOf(ledger);
      expect(head.size).toBe(6);
      const runs = (await ledger.entries(0, 6)).map((bytes) => readEntry(bytes).run);
      expect(runs.toSorted()).toEqual(headers.map(({ id }) => id));
    });

    test('a log grows past its first tiles, and shows of each entry that it is in it', async () => {
      const stores = await open();
      const { ledger } = stores;
      const heads = [];
      for (const batch of [200, 60, 300]) {
        const size = (await ledger.head())?.size ?? 0;
        const headers = Array.from({ length: batch }, (_, i) => ({
          ...report(`r${size + i}`),
          sequence: 1,
          headerDigest: 'h',
        }));
        await logReports(stores, headers, key);
        heads.push(await headOf(ledger));
      }
      const last = heads.at(-1)!;
      expect(last.size).toBe(560);
      for (const index of [0, 255, 256, 559]) {
        const { proof, entry, ...of } = (await loggedReport(ledger, `r${index}`))!;
        expect(readEntry(entry).run).toBe(`r${index}`);
        expect(checkProof(Buffer.from(proof), entry, [key])).toMatchObject({ ...last, index });
        expect(of).toEqual({
          checkpoint: (await ledger.head())!.checkpoint,
          key: verifierKeyText(key),
          keyChanges: [],
        });
      }
      for (const older of heads)
        expect(goesOnFrom(older, last, await growthProof(ledger, older.size, 560))).toBe(true);
      await expect(growthProof(ledger, 1, 561)).rejects.toThrow('has 560 entries, and 561');
      expect(await loggedReport(ledger, 'unknown')).toBeUndefined();
    });

    test('whoever saw an older log does not append', async () => {
      const { stores, ledger, headers } = await withReports(
        report('a'),
        report('b', { end: START + 2 * HOUR }),
      );
      await logReports(stores, [headers[0]!], key);
      const head = (await ledger.head())!;
      const growth = { head: { ...head, size: 9 }, entries: [], tiles: [] };
      expect(await ledger.grow(0, growth)).toBe(false);
      expect(await ledger.grow(2, growth)).toBe(false);
      expect(await ledger.head()).toEqual(head);
    });

    test('an entry that is missing is named, the others are read, and nothing is appended, nor logged again', async () => {
      const { stores, ledger, headers } = await withReports(
        ...['a', 'b', 'c', 'd'].map((id, i) => report(id, { end: START + HOUR + i })),
      );
      const [a, b, c] = headers as [ArchivedHeader, ArchivedHeader, ArchivedHeader];
      await logReports(stores, [a], key);
      expect(await ledger.missing()).toEqual([]);
      const read = logReader(ledger);
      expect((await read()).problems).toEqual([]);
      // Somebody takes the second of these two away.
      const taking: Ledger = {
        ...ledger,
        grow: (before, growth) => ledger.grow(before, { ...growth, entries: growth.entries.slice(0, 1) }),
      };
      await logReports({ ...stores, ledger: taking }, [b, c], key);
      expect(await ledger.missing()).toEqual([2]);
      for (const look of [read, logReader(ledger)]) {
        const { entries, problems } = await look();
        expect([...entries.keys()]).toEqual(['a', 'b']);
        expect(problems).toEqual(['Entry 2 of the log of reports is missing.']);
      }
      const appends = [
        () => logReports(stores, headers, key),
        () => logUnlogged(stores, key),
        () => checkLog(ledger, key),
      ];
      for (const append of appends)
        await expect(append()).rejects.toThrow(
          /^The log .* Entry 2 of the log of reports is missing\. Nothing is/,
        );
      expect((await ledger.head())!.size).toBe(3);
    });

    test('an entry that is not the one that was signed is named, and nothing that it says is believed', async () => {
      const { stores, ledger, headers } = await withReports(
        report('a'),
        report('b', { end: START + 2 * HOUR }),
      );
      const changing: Ledger = {
        ...ledger,
        grow: (before, growth) =>
          ledger.grow(before, {
            ...growth,
            entries: growth.entries.map((entry) => ({
              ...entry,
              bytes: Buffer.from(Buffer.from(entry.bytes).toString().replace('daily', 'other')),
            })),
          }),
      };
      await logReports({ ...stores, ledger: changing }, headers.slice(0, 1), key);
      const { entries, problems } = await logReader(ledger)();
      expect(entries).toEqual(new Map());
      expect(problems).toEqual([
        expect.stringMatching(/^Entry 0 of .* was changed: it is not the one that was/),
      ]);
      await expect(logUnlogged(stores, key)).rejects.toThrow('Entry 0 of the log of reports was changed');
    });

    test('a report whose entry is kept as that of another run is not logged again', async () => {
      const { stores, ledger, headers } = await withReports(report('a'));
      const renaming: Ledger = {
        ...ledger,
        grow: (before, growth) =>
          ledger.grow(before, {
            ...growth,
            entries: growth.entries.map((entry) => ({ ...entry, run: 'another' })),
          }),
      };
      await logReports({ ...stores, ledger: renaming }, headers, key);
      await expect(logUnlogged(stores, key)).rejects.toThrow('Entry 0 is about run a');
      expect((await ledger.head())!.size).toBe(1);
    });

    test('a log that its key did not sign, or that was changed since, is not appended to', async () => {
      const { stores, ledger, headers } = await withReports(
        report('a'),
        report('b', { end: START + 2 * HOUR }),
      );
      await logReports(stores, [headers[0]!], key);
      for (const other of ['margay.example/c', 'margay.example/d']) {
        const stranger = signingKey(other, new Uint8Array(32).fill(2));
        await expect(logReports(stores, headers, stranger)).rejects.toThrow(LogRefused);
        // Also where nothing is to be appended, and by both names.
        for (const look of [checkLog, checkLogKey])
          await expect(look(ledger, stranger)).rejects.toThrow(
            `not the one that the key ${other}+${stranger.id} signed: it is the log ${key.name}, signed by the key ${key.name}+${key.id}`,
          );
      }
      // Its one tile holds another hash now.
      const head = (await ledger.head())!;
      const bytes = new Uint8Array(64).fill(7);
      expect(
        await ledger.grow(1, { head, entries: [], tiles: [{ level: 0, index: 0, width: 2, bytes }] }),
      ).toBe(true);
      await expect(logReports(stores, headers, key)).rejects.toThrow('do not make the root');
      await expect(checkLog(ledger, key)).rejects.toThrow('do not make the root');
      // Its key is the right one all the same.
      await checkLogKey(ledger, key);
      expect(await ledger.head()).toEqual(head);
    });

    const witnesses = ['w1', 'w2'].map((name, i) =>
      signingKey(`witness.example/${name}`, new Uint8Array(32).fill(11 + i), 'witness'),
    );
    const cosigning = ({ size, checkpoint }: LogHead, by: SigningKey, signed = checkpoint): Confirmation => ({
      size,
      checkpoint,
      by: verifierKeyText(by),
      kind: 'cosignature',
      text: cosignNote(signed, by, 1_764_000_000).slice(signed.length),
    });
    const timestamp = ({ size, checkpoint }: LogHead): Confirmation => ({
      size,
      checkpoint,
      by: 'tsa.example',
      kind: 'timestamp',
      text: tokenOf(checkpoint),
    });
    /** What an authority says of a checkpoint; garbage where there is no openssl that could. */
    const authority = hasOpenssl ? openAuthorities() : undefined;
    authority?.authority('tsa');
    afterAll(() => authority?.close());
    const tokenOf = (checkpoint: string): string => {
      if (authority === undefined) return '';
      const data = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1));
      return authority.answer('tsa', authority.request(data)).toString('base64');
    };
    /** A log that grew by a report each time. */
    const grown = async (...ids: string[]) => {
      const reports = ids.map((id, i) => report(id, { end: START + HOUR + i }));
      const { stores, ledger, headers } = await withReports(...reports);
      const heads: LogHead[] = [];
      for (const header of headers) heads.push((await logReports(stores, [header], key))!);
      return { stores, ledger, heads };
    };

    test('what others signed of a checkpoint is kept beside it, once', async () => {
      const { ledger, heads } = await grown('a', 'b', 'c');
      const [one, two, three] = heads as [LogHead, LogHead, LogHead];
      const [w1, w2] = witnesses as [SigningKey, SigningKey];
      expect(await ledger.confirmations(0)).toEqual([]);
      expect(await ledger.lastConfirmed(verifierKeyText(w1), 9)).toEqual([]);
      const all = [cosigning(one, w1), cosigning(two, w1), cosigning(two, w2), timestamp(three)];
      for (const each of all.toReversed()) await ledger.confirm(each);
      await ledger.confirm({ ...all[0]!, text: 'another' });
      expect(await ledger.confirmations(0)).toEqual([{ ...all[0]!, text: 'another' }, ...all.slice(1)]);
      await ledger.confirm(all[0]!);
      expect(await ledger.confirmations(0)).toEqual(all);
      expect(await ledger.confirmations(2)).toEqual(all.slice(1));
      expect(await ledger.confirmations(4)).toEqual([]);
      expect(await ledger.lastConfirmed(all[0]!.by, 9)).toEqual([all[1], all[0]]);
      expect(await ledger.lastConfirmed(all[0]!.by, 1)).toEqual([all[0]]);
      expect(await ledger.confirmations(2, all[1]!.by)).toEqual(all.slice(2));
      expect((await cosigned(ledger, two)).checkpoint).toBe(
        `${two.checkpoint}${all[1]!.text}${all[2]!.text}`,
      );
      const { timestamp: dated, ...same } = await cosigned(ledger, three);
      expect(same).toEqual(three);
      expect(dated).toEqual(Buffer.from(all[3]!.text, 'base64'));
    });

    test('a report is shown by the head that the most confirmed, of several by the oldest', async () => {
      const { ledger, heads } = await grown('a', 'b', 'c', 'd');
      const [one, two, three] = heads as [LogHead, LogHead, LogHead];
      const [w1, w2] = witnesses as [SigningKey, SigningKey];
      const shown = async (run: string) => {
        const { proof, checkpoint, timestamp: token, entry } = (await loggedReport(ledger, run))!;
        const checked = checkProof(Buffer.from(proof), entry, [key, ...witnesses]);
        expect(proof.endsWith(`\n\n${checkpoint}`)).toBe(true);
        return [checked.size, checked.signed.length - 1, token !== undefined];
      };
      expect(await shown('a')).toEqual([4, 0, false]);
      await ledger.confirm(cosigning(three, w1));
      expect(await shown('a')).toEqual([3, 1, false]);
      await ledger.confirm(cosigning(two, w2));
      expect(await shown('a')).toEqual([2, 1, false]);
      await ledger.confirm(cosigning(three, w2));
      expect(await shown('a')).toEqual([3, 2, false]);
      await ledger.confirm({ ...cosigning(two, w1), kind: 'copy', by: 'copies', text: '' });
      expect(await ledger.lastConfirmed('copies', 9)).toMatchObject([{ size: 2 }]);
      expect(await shown('a')).toEqual([3, 2, false]);
      await ledger.confirm(timestamp(one));
      await ledger.confirm(cosigning(one, w1));
      expect(await shown('a')).toEqual(hasOpenssl ? [1, 1, true] : [3, 2, false]);
      expect(await shown('b')).toEqual([3, 2, false]);
      expect(await shown('d')).toEqual([4, 0, false]);
    });

    test.each([0, 1, 4, 257, Number.MAX_SAFE_INTEGER])(
      'where %i entries stand beside a head that was signed of three, all that is asked of the log is refused',
      async (size) => {
        const { ledger, heads } = await grown('a', 'b', 'c');
        const changed: Ledger = { ...ledger, head: async () => ({ ...heads[2]!, size }) };
        const asked = [
          ...[0, 1].flatMap((index) =>
            [1, 3, 4, 256].flatMap((width) => [
              () => bundleIn(changed, { index, width }),
              () => tileIn(changed, { level: index, index: 0, width }),
            ]),
          ),
          () => growthProof(changed, 1, 3),
          () => loggedReport(changed, 'c'),
        ];
        for (const each of asked) {
          const said: unknown = await each().catch((error: unknown) => error);
          expect(said).toBeInstanceOf(LogRefused);
        }
      },
    );

    test('what is kept in the place of what a witness signed counts for nothing, is told, and gives way to what he signs', async () => {
      const { ledger, heads } = await grown('a', 'b', 'c');
      const [one, two, three] = heads as [LogHead, LogHead, LogHead];
      const [w1, w2] = witnesses as [SigningKey, SigningKey];
      const by = verifierKeyText(w1);
      const true1 = cosigning(one, w1);
      await ledger.confirm(true1);
      await ledger.confirm(cosigning(three, w2));
      const wrong: readonly (readonly [Confirmation, string | undefined])[] = [
        [{ ...cosigning(three, w1), size: Number.MAX_SAFE_INTEGER }, undefined],
        [{ ...cosigning(three, w1), text: '' }, 'it has no signature'],
        [{ ...cosigning(three, w1), text: cosigning(three, w2).text }, 'it has no signature of'],
        [cosigning(three, w1, two.checkpoint), 'it was changed'],
        [{ ...cosigning(three, w1), text: cosigning(three, w1).text.repeat(2) }, 'signature alone'],
        [{ ...cosigning(two, w1), size: 3 }, 'its checkpoint is of 2 entries'],
        [{ ...cosigning(three, w1), kind: 'copy' }, 'of no kind'],
        [
          cosigning({ ...three, checkpoint: signCheckpoint({ size: 3, root: new Uint8Array(32) }, key) }, w1),
          'its checkpoint is none of this log',
        ],
      ];
      for (const [each, why] of wrong) {
        await ledger.confirm(each);
        const last = await lastConfirmed(ledger, three, by);
        expect(last.size).toBe(1);
        expect(last.wrong).toEqual(why === undefined ? [] : [expect.stringContaining(why)]);
        expect((await cosigned(ledger, three)).checkpoint).toBe(
          `${three.checkpoint}${cosigning(three, w2).text}`,
        );
      }
      await ledger.confirm(cosigning(three, w1));
      expect(await lastConfirmed(ledger, three, by)).toEqual({ size: 3, wrong: [] });
      expect((await cosigned(ledger, three)).checkpoint).toContain(cosigning(three, w1).text);
    });

    test('however much somebody puts beside a head, what was signed of it is shown', async () => {
      const { ledger, heads } = await grown('a');
      const [one] = heads as [LogHead];
      const [w1] = witnesses as [SigningKey];
      // Before the name of the witness, by the order in which they are read.
      for (let i = 0; i < CONFIRMATIONS_MAX + 1; i++)
        await ledger.confirm({ ...cosigning(one, w1), by: `a${String(i).padStart(4, '0')}` });
      await ledger.confirm(cosigning(one, w1));
      expect((await cosigned(ledger, one)).checkpoint).toBe(`${one.checkpoint}${cosigning(one, w1).text}`);
      expect((await loggedReport(ledger, 'a'))!.checkpoint).toContain(cosigning(one, w1).text);
    });

    test('what somebody put beside checkpoints shows nothing, and hides no report', async () => {
      const { ledger, heads } = await grown('a', 'b');
      const [w1] = witnesses as [SigningKey];
      const [one] = heads as [LogHead];
      const fork = signCheckpoint({ size: 1, root: new Uint8Array(32).fill(3) }, key);
      const stranger = signingKey(key.name, new Uint8Array(32).fill(4));
      const forged = signCheckpoint(readCheckpoint(Buffer.from(one.checkpoint), []), stranger);
      const wrong: Confirmation[] = [
        cosigning({ ...one, checkpoint: fork }, w1),
        cosigning({ ...one, checkpoint: forged }, w1),
        cosigning({ ...one, size: 2 }, w1),
        cosigning({ ...one, size: 99 }, w1),
        { ...cosigning(one, w1), checkpoint: 'changed' },
        { ...cosigning(one, w1), text: 'changed' },
      ];
      for (const each of wrong) {
        const changed: Ledger = { ...ledger, confirmations: async () => [each] };
        expect((await loggedReport(changed, 'a'))!.checkpoint).toBe(heads[1]!.checkpoint);
      }
    });
  });
}
