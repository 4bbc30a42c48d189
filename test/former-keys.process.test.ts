import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import {
  readCheckpoint,
  readVerifierKey,
  signCheckpoint,
  signingKey,
  type SigningKey,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { changeLogKey, checkArchive, growthProof, openEmbedded, type Stores } from '@margay/storage';
import { verifyCommand } from '@margay/verify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changeKeyAsBefore } from '../libs/storage/src/testing/append-blindly.ts';
import { apiHere } from './testing/api-application.ts';
import { dailyLogged } from './testing/recorded-stores.ts';

/**
 * What is said of a log that went on with other keys: how its keys changed × what is brought, of which time × which checkpoint was kept × which
 * keys were given. What must be said is worked out by `expected`, of docs/verification.md alone: it knows names of keys, and no signature.
 */

const folder = mkdtempSync(join(tmpdir(), 'margay-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Name = 'A' | 'B' | 'C';
const KEYS = Object.fromEntries(
  (['A', 'B', 'C'] as const).map((name, i) => [
    name,
    signingKey('margay.example/keys', new Uint8Array(32).fill(i + 1)),
  ]),
) as Readonly<Record<Name, SigningKey>>;

interface Change {
  readonly before: Name;
  readonly to: Name;
  readonly isLost?: true;
}
const HISTORIES: Readonly<Record<string, readonly Change[]>> = {
  'never changed': [],
  'changed once': [{ before: 'A', to: 'B' }],
  'changed twice': [
    { before: 'A', to: 'B' },
    { before: 'B', to: 'C' },
  ],
  'came back': [
    { before: 'A', to: 'B' },
    { before: 'B', to: 'A' },
  ],
  'came back and went again': [
    { before: 'A', to: 'B' },
    { before: 'B', to: 'A' },
    { before: 'A', to: 'B' },
  ],
  'was lost': [{ before: 'A', to: 'B', isLost: true }],
};

/** So many reports stand before the first change. */
const BEFORE = 2;

/** A head: of how many entries, who signed it, which changes its log has by then, and whether that is the one that a thief made of the first entries. */
interface Head {
  readonly size: number;
  readonly by: Name;
  readonly changes: readonly (Change & { readonly number: number })[];
  readonly isThiefs?: true;
}

/** A log as somebody wrote it, what was exported of it, and its head. */
interface Written {
  readonly head: Head;
  readonly stores: Stores;
  readonly files: Readonly<Record<'evidence.zip' | 'report.pdf' | 'checkpoint.txt', string>>;
}

const placed = (changes: readonly Change[]) =>
  changes.map((change, i) => ({ ...change, number: BEFORE + 2 * i }));

/** Reports, and with each change one more. Everything in it is made the same way each time. */
async function write(changes: readonly Change[], more: number, by: Name): Promise<Stores> {
  const stores = openEmbedded(':memory:');
  let report = 0;
  const log = (key: Name) => dailyLogged(stores, `daily-${report}`, ++report, KEYS[key]);
  for (let i = 0; i < BEFORE; i++) await log('A');
  for (const { before, to, isLost } of changes) {
    // Releases of before let keys come back.
    if (changes.some((each) => each.before === to))
      await changeKeyAsBefore(stores.ledger, KEYS[before], KEYS[to]);
    else await changeLogKey(stores.ledger, isLost ? checking(KEYS[before]) : KEYS[before], KEYS[to]);
    await log(to);
  }
  for (let i = 0; i < more; i++) await log(by);
  return stores;
}
const checking = (key: SigningKey): VerifierKey => readVerifierKey(verifierKeyText(key));

async function exported(name: string, stores: Stores, head: Head): Promise<Written> {
  const http = await apiHere({ stores, access: anyone });
  const path = (file: string) => join(folder, `${name.replaceAll(' ', '-')}-${file}`);
  const files = {
    'evidence.zip': path('evidence.zip'),
    'report.pdf': path('report.pdf'),
    'checkpoint.txt': path('checkpoint.txt'),
  };
  for (const file of ['evidence.zip', 'report.pdf'] as const) {
    const { rawPayload } = await http.inject(`/api/v1/runs/daily-0/downloads/${file}`);
    writeFileSync(files[file], rawPayload);
  }
  writeFileSync(files['checkpoint.txt'], (await stores.ledger.head())!.checkpoint);
  await http.close();
  return { head, stores, files };
}

/** A checkpoint that somebody kept: what was signed, and of which log. */
interface Kept {
  readonly head: Head;
  readonly checkpoint: string;
}
interface Log {
  /** As it was before its key changed, as it is, and as a thief with the first key goes on from before that. */
  readonly written: Readonly<Record<'before' | 'now' | 'by a thief', Written | undefined>>;
  readonly kept: Readonly<Record<(typeof KEPT)[number], Kept | undefined>>;
  /** With one report more. */
  readonly longer: Stores;
  readonly current: Name;
}

const KEPT = ['none', 'of before', 'of now', 'larger', 'larger, by the first key'] as const;
const TIMES = ['before', 'now', 'by a thief'] as const;
const FORMS = ['evidence.zip', 'report.pdf', 'checkpoint.txt', '--archive'] as const;
const GIVEN = ['current', 'first', 'both', 'none'] as const;

async function make(name: string): Promise<Log> {
  const changes = placed(HISTORIES[name]!);
  const current = changes.at(-1)?.to ?? 'A';
  const [before, now, longer] = [
    await write([], 0, 'A'),
    await write(changes, 0, current),
    await write(changes, 1, current),
  ];
  const size = (await now.ledger.head())!.size;
  const thief = await write([], size + 2 - BEFORE, 'A');
  const heads = {
    before: { size: BEFORE, by: 'A', changes: [] },
    now: { size, by: current, changes },
    larger: { size: size + 1, by: current, changes },
    first: { size: size + 1, by: 'A', changes },
    thief: { size: size + 2, by: 'A', changes: [], isThiefs: true },
  } as const satisfies Record<string, Head>;
  const isChanged = changes.length > 0;
  const checkpointOf = async (stores: Stores) => (await stores.ledger.head())!.checkpoint;
  return {
    written: {
      before: isChanged ? await exported(`${name} before`, before, heads.before) : undefined,
      now: await exported(`${name} now`, now, heads.now),
      'by a thief': isChanged ? await exported(`${name} thief`, thief, heads.thief) : undefined,
    },
    kept: {
      none: undefined,
      'of before': { head: heads.before, checkpoint: await checkpointOf(before) },
      'of now': { head: heads.now, checkpoint: await checkpointOf(now) },
      larger: { head: heads.larger, checkpoint: await checkpointOf(longer) },
      'larger, by the first key': { head: heads.first, checkpoint: await signedAnew(longer, 'A') },
    },
    longer,
    current,
  };
}

/** The head of a log, signed by another key. */
async function signedAnew({ ledger }: Stores, by: Name): Promise<string> {
  const { checkpoint } = (await ledger.head())!;
  return signCheckpoint(readCheckpoint(Buffer.from(checkpoint), []), KEYS[by]);
}

const logs = new Map<string, Log>();
beforeAll(async () => {
  for (const name of Object.keys(HISTORIES)) logs.set(name, await make(name));
}, 300_000);

/** What is said in the first line, the exit code, and what is said of what is not shown. */
interface Said {
  readonly words: 'intact' | 'not all' | 'unsigned' | 'not intact';
  /** Whose signature on the kept checkpoint does not count. */
  readonly notKept?: Name;
  /** Nothing says which of the keys that were given is the one of now. */
  readonly isOpen?: boolean;
}

/** Who signed a log when it had so many entries, as it says itself. */
const signerAt = (size: number, { changes }: Head): Name =>
  changes.findLast(({ number }) => number < size)?.to ?? 'A';

/** docs/verification.md, in names of keys. */
function expected(head: Head, kept: Head | undefined, given: ReadonlySet<Name>, form: string): Said {
  const told = form === 'checkpoint.txt' ? { ...head, changes: [] } : head;
  const { changes } = told;
  if (kept !== undefined) {
    // Whatever was signed: after the entries that both have, the thief's log is another one.
    const isOther = kept.isThiefs !== head.isThiefs && Math.min(kept.size, head.size) > BEFORE;
    if (isOther && (form !== '--archive' || kept.size <= head.size)) return { words: 'not intact' };
  }
  const later = new Set(given);
  for (const { before, to, isLost } of changes) if (!isLost && later.has(before)) later.add(to);
  const known = new Set(later);
  for (const { before, to } of changes.toReversed()) if (known.has(to)) known.add(before);
  // A key counts while the log says that it signs, and one that was given also where the log says nothing of it.
  const counts = (key: Name, size: number, by: ReadonlySet<Name>): boolean => {
    const isFollowed = changes.some(({ before, number }) => before === key && number < size);
    return signerAt(size, told) === key ? by.has(key) : given.has(key) && !isFollowed;
  };
  const isKept = kept === undefined || counts(kept.by, kept.size, known);
  // Without a key nothing is said of any but that.
  const notKept = isKept || (form === '--archive' && given.size === 0) ? undefined : kept.by;
  if (form === '--archive' && !counts(head.by, head.size, later) && given.size > 0)
    // Another key signs an archive than those that were given.
    return { words: 'not intact' };
  const isTooShort = kept !== undefined && kept.size > head.size;
  if (form === '--archive' && isTooShort && (isKept || given.size === 0)) return { words: 'not intact' };
  // A kept head that goes on from it was signed with all that is in it.
  const isOn = kept !== undefined && isKept && kept.isThiefs === head.isThiefs;
  const isCovered = isOn && (form === '--archive' ? kept.size === head.size : kept.size >= head.size);
  // What a key signed last stands with each entry that says which follows it: with the report that is exported in it, as its first one.
  const former = new Set<Name>();
  if (form !== '--archive')
    for (const { before, number } of changes) if (counts(before, number, later)) former.add(before);
  const isSigned = counts(head.by, head.size, later);
  if (!isSigned && former.size === 0 && (!isCovered || given.size === 0))
    return { words: 'unsigned', ...(notKept && { notKept }) };
  const now = new Set(given);
  for (const { before, to, isLost } of changes) if (!isLost && now.delete(before)) now.add(to);
  if (isSigned) now.delete(head.by);
  for (const key of former) now.delete(key);
  if (isOn && kept.size >= head.size) now.delete(kept.by);
  if (now.size > 0) return { words: 'unsigned', isOpen: true, ...(notKept && { notKept }) };
  // Whoever held a key that came back could have made what it signed, until something that was kept since shows otherwise.
  const hasComeBack = changes.some(({ before }) => before === head.by) && former.size === 0;
  return { words: isKept && (isCovered || !hasComeBack) ? 'intact' : 'not all', ...(notKept && { notKept }) };
}

/** What was said of one: the lines, of an archive without the first, in whose place its words are. */
interface Got {
  readonly words?: Said['words'];
  readonly lines: readonly string[];
  readonly code: number;
}

const FIRST_LINES: Readonly<Record<Said['words'], RegExp>> = {
  intact:
    /: (intact: the report that \S+ logged and signed|logged: .*pages not looked at|signed: a checkpoint of \S+ no report)$/,
  'not all':
    /: (the report that \S+ logged and signed; not all that was asked for is shown|logged: .*pages not looked at|signed: a checkpoint of \S+ no report; not all that was asked for is shown)$/,
  unsigned: /: unsigned: /,
  'not intact': /: NOT INTACT: /,
};

const id = (name: Name): string => `${KEYS[name].name}+${KEYS[name].id}`;

function check(lines: readonly string[], said: Said): void {
  const not = lines.filter((line) => line.startsWith('- not shown: '));
  if (said.words === 'not intact') return;
  if (said.notKept !== undefined)
    expect(
      not.some((line) => line.includes('checkpoint that was kept') && line.includes(id(said.notKept!))),
    ).toBe(true);
  expect(not.some((line) => line.includes('which of the keys'))).toBe(said.isOpen === true);
}

/** `margay verify`, in this process. */
async function verify(args: readonly string[]): Promise<{ readonly out: string; readonly code: number }> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    const command = verifyCommand().exitOverride();
    await command.parseAsync([...args], { from: 'user' });
    return { out, code: (command as { exitCode?: number }).exitCode ?? 0 };
  } finally {
    write.mockRestore();
  }
}

async function judged(
  { head, files }: Written,
  form: Exclude<(typeof FORMS)[number], '--archive'>,
  {
    kept,
    keys,
    longer,
    thief,
  }: { kept: Kept | undefined; keys: readonly Name[]; longer: Stores; thief?: Stores | undefined },
) {
  const options = keys.flatMap((key) => ['--key', verifierKeyText(KEYS[key])]);
  if (kept !== undefined) {
    const [since, growth] = [join(folder, 'since.txt'), join(folder, 'growth.txt')];
    writeFileSync(since, kept.checkpoint);
    const sizes = [kept.head.size, head.size].sort((a, b) => a - b) as [number, number];
    const of = head.isThiefs ? thief! : longer;
    const hashes = await growthProof(of.ledger, ...sizes);
    writeFileSync(growth, hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join(''));
    options.push('--since', since, '--growth', growth);
  }
  const { out, code } = await verify([files[form], ...options]);
  return { lines: out.trimEnd().split('\n'), code };
}

test.each(Object.keys(HISTORIES))(
  'of a log whose key %s, what is said is what the documents say',
  async (history) => {
    const { written, kept: allKept, longer, current } = logs.get(history)!;
    const given: Readonly<Record<(typeof GIVEN)[number], readonly Name[]>> = {
      current: [current],
      first: ['A'],
      both: [...new Set<Name>(['A', current])],
      none: [],
    };
    const wrong: string[] = [];
    let cases = 0;
    for (const time of TIMES)
      for (const form of FORMS)
        for (const keeping of KEPT)
          for (const giving of GIVEN) {
            const of = written[time];
            const kept = allKept[keeping];
            if (of === undefined) continue;
            const keys = given[giving];
            const said = expected(of.head, kept?.head, new Set(keys), form);
            cases++;
            const got: Got =
              form === '--archive'
                ? await archived(of, kept, keys)
                : await judged(of, form, { kept, keys, longer, thief: written['by a thief']?.stores });
            const isNothingAsked = keys.length === 0 && kept === undefined;
            const isGood =
              (said.words === 'intact' && form !== 'report.pdf') ||
              (said.words === 'unsigned' && isNothingAsked && ['evidence.zip', '--archive'].includes(form));
            const code = isGood ? 0 : 1;
            try {
              if (got.words === undefined) expect(got.lines[0]).toMatch(FIRST_LINES[said.words]);
              else expect(got.words).toBe(said.words);
              expect(got.code).toBe(code);
              check(got.lines, said);
            } catch {
              wrong.push(
                [
                  `${time}, ${form}, kept ${keeping}, given ${giving}: must be ${JSON.stringify(said)}, ${code}; is ${got.code}`,
                  ...got.lines,
                ].join('\n    '),
              );
            }
          }
    expect(wrong.join('\n\n')).toBe('');
    expect(cases).toBeGreaterThan(50);
  },
);

/** As `margay verify --archive` judges it. */
async function archived({ stores }: Written, kept: Kept | undefined, keys: readonly Name[]): Promise<Got> {
  const { findings, signedBy, notShown, isConfirmed } = await checkArchive(stores, {
    keys: keys.map((key) => KEYS[key]),
    ...(kept && { since: Buffer.from(kept.checkpoint) }),
  });
  const isAsked = keys.length > 0 || kept !== undefined;
  if (findings.length === 0) expect(signedBy.length).toBeLessThan(2);
  const isRight = findings.length === 0 && isConfirmed && (!isAsked || signedBy.length > 0);
  const signed = isConfirmed ? 'intact' : 'not all';
  return {
    words: findings.length > 0 ? 'not intact' : signedBy.length > 0 ? signed : 'unsigned',
    lines: [
      ...findings.map(({ kind, words }) => `- ${kind}: ${words}`),
      ...notShown.map((words) => `- not shown: ${words}`),
    ],
    code: isRight ? 0 : 1,
  };
}

test('a head by a key that came back, or that another one announced, says that whoever held it since can have made it; a checkpoint of later shows it', async () => {
  // As if whoever stole A went on from before A announced B for the second time.
  const changes = placed(HISTORIES['came back']!);
  const stores = await write(changes, 3, 'A');
  const head: Head = { size: (await stores.ledger.head())!.size, by: 'A', changes };
  const written = await exported('retaken', stores, head);
  const last = join(folder, 'retaken-last.zip');
  const http = await apiHere({ stores, access: anyone });
  const { rawPayload } = await http.inject('/api/v1/runs/daily-6/downloads/evidence.zip');
  writeFileSync(last, rawPayload);
  await http.close();
  const { kept } = logs.get('came back and went again')!;
  const words = `- not shown: that ${id('A')} signed that log of ${head.size} entries before another key followed`;
  for (const keys of [['B'], ['A'], ['A', 'B']] as const) {
    const { lines } = await archived(written, undefined, keys);
    expect(lines.some((line) => line.startsWith(words))).toBe(true);
    // The first report was logged under keys whose last heads stand with it; the last one was not.
    const said = await verify([last, ...keys.flatMap((key) => ['--key', verifierKeyText(KEYS[key])])]);
    expect(said.out).toContain(words);
    expect(said.out).not.toContain('intact');
    expect(said.code).toBe(1);
    const found = await archived(written, kept['of now'], keys);
    expect(found.code).toBe(1);
    expect(found.lines.join('\n')).toContain('- forked: ');
  }
  // Of a key that was never followed nothing of the kind is said, nor where what was kept is that head.
  const plain = logs.get('never changed')!;
  const changed = logs.get('changed once')!;
  for (const { lines } of [
    await archived(plain.written.now!, undefined, ['A']),
    await archived(changed.written.now!, undefined, ['B']),
    await archived(changed.written.now!, changed.kept['of now'], ['A']),
  ])
    expect(lines.some((line) => line.includes('before another key followed'))).toBe(false);
});
