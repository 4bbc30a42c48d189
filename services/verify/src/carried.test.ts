import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  append,
  consistencyFrom,
  cosignNote,
  leafHash,
  printedText,
  signCheckpoint,
  signingKey,
  verifierKeyText,
} from '@margay/ledger';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { readCertificates } from '@margay/timestamps';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { keptBytes, textIn } from './read-kept.ts';
import { verifyCommand } from './verify-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'margay-carried-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = signingKey('margay.example/a-log-with-a-long-name', new Uint8Array(32).fill(1));
const WITNESS = signingKey('witness.example/w', new Uint8Array(32).fill(2), 'witness');
const leaves = Array.from({ length: 7 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
const logOf = (size: number) => append(0, leaves.slice(0, size), () => new Uint8Array());
const checkpointOf = (size: number): string =>
  cosignNote(signCheckpoint(logOf(size), KEY), WITNESS, 1_780_000_000);
const growthText = (): string => {
  const { tiles } = logOf(7);
  const hashes = consistencyFrom(3, 7).compute(() => tiles[0]!.bytes);
  return hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
};

/** What somebody has beside what he checks, and what he checks where it is text. */
const FILES = {
  brought: checkpointOf(7),
  since: checkpointOf(3),
  growth: growthText(),
  key: `${verifierKeyText(KEY)}\n`,
} as const;
type Files = Readonly<Record<keyof typeof FILES, Buffer>>;
const ORIGINAL: Files = {
  brought: Buffer.from(FILES.brought),
  since: Buffer.from(FILES.since),
  growth: Buffer.from(FILES.growth),
  key: Buffer.from(FILES.key),
};

/** What mail programs, editors and shells do to a text, which means nothing in any of these. */
const ends = (to: string) => (text: string) => text.replaceAll('\n', to);
const CARRIED: Readonly<Record<string, (text: string) => string>> = {
  'ends of lines of Windows': ends('\r\n'),
  'such ends twice': ends('\r\r\n'),
  'ends of lines of old Macs': ends('\r'),
  'spaces behind each line': ends('  \n'),
  'a tab behind each line': ends('\t\n'),
  'a space that does not break': ends('\u00a0\n'),
  'empty lines behind it': (text) => `${text}\n\n`,
  'empty lines before it': (text) => `\n\n${text}`,
  'no end of its last line': (text) => text.trimEnd(),
  'an empty line behind each': ends('\n\n'),
  indented: (text) => text.replaceAll(/^/gm, '    '),
};
const ENCODED: Readonly<Record<string, (text: string) => Buffer>> = {
  'as it is': (text) => Buffer.from(text),
  'with a byte order mark': (text) => Buffer.from(`\uFEFF${text}`),
  'as PowerShell writes': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'the other way round': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
};
const pick = <T>(of: Readonly<Record<string, T>>) => fc.constantFrom(...Object.keys(of));
const carried = (text: string) =>
  fc
    .tuple(fc.array(pick(CARRIED), { maxLength: 3 }), pick(ENCODED))
    .map(([changes, encoding]) => ENCODED[encoding]!(changes.reduce((so, name) => CARRIED[name]!(so), text)));
/** A key stands on the command line, as a shell reads it of a file. */
const carriedKey = fc
  .array(pick(CARRIED), { maxLength: 3 })
  .map((changes) => Buffer.from(`\uFEFF${changes.reduce((so, name) => CARRIED[name]!(so), FILES.key)}`));

interface Ran {
  readonly out: string;
  readonly error: string;
  readonly code: number;
}

/** `margay-verify`, in this process. */
async function verify(files: Files): Promise<Ran> {
  const path = (name: keyof Files): string => join(folder, `${name}.txt`);
  for (const name of Object.keys(files) as (keyof Files)[]) writeFileSync(path(name), files[name]);
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const command = verifyCommand().exitOverride();
  const options = ['--key', files.key.toString(), '--since', path('since'), '--growth', path('growth')];
  try {
    await command.parseAsync([path('brought'), ...options], { from: 'user' });
    return { out, error: '', code: (command as { exitCode?: number }).exitCode ?? 0 };
  } catch (error) {
    return { out, error: (error as Error).message, code: 1 };
  } finally {
    write.mockRestore();
  }
}

test('what is asked for is shown of the files as they were written', async () => {
  const { out, code } = await verify(ORIGINAL);
  expect(out).toMatch(/^\S+: signed: a checkpoint of margay\.example\/a-log-with-a-long-name, no report\n/);
  expect(out).toContain('- shown: that log goes with the one of the checkpoint that was kept, of 3 entries');
  expect(code).toBe(0);
});

test('whatever mail and editors do to the lines of a file, the same is said', async () => {
  const original = await verify(ORIGINAL);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        brought: carried(FILES.brought),
        since: fc.oneof(
          carried(FILES.since),
          carried(printedText({ run: 'r', digest: 'ab'.repeat(32), index: 0, checkpoint: FILES.since })),
        ),
        growth: carried(FILES.growth),
        key: carriedKey,
      }),
      async (files) => {
        expect(await verify(files)).toEqual(original);
      },
    ),
    { numRuns: 60 },
  );
});

test('a key whose line a mail broke is that key', async () => {
  const key = Buffer.from(FILES.key.replace(/.{60}/, '$&\r\n '));
  expect(await verify({ ...ORIGINAL, key })).toEqual(await verify(ORIGINAL));
});

describe('what somebody has beside it and that was damaged', () => {
  const damaged = (text: string) =>
    fc
      .tuple(fc.nat(text.length - 1), fc.constantFrom('', 'x', '7', '\n', '=', '\uFFFD', '> '))
      .map(([at, put]) => Buffer.from(`${text.slice(0, at)}${put}${text.slice(at + 1)}`));

  test('is named, and what is checked is not blamed for it', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(FILES.since), async (since) => {
        const { out, error, code } = await verify({ ...ORIGINAL, since });
        expect(out).not.toMatch(/NOT INTACT/);
        // What was changed may mean nothing: an empty line, or the line of a witness who was not asked for.
        if (code === 0) return;
        if (error === '') expect(out).toMatch(/- not shown: .*checkpoint/);
        else expect(error).toMatch(/^Cannot read \S*since\.txt, so that nothing was checked: /);
      }),
      { numRuns: 100 },
    );
  });

  test.each(['', 'x', 'PK', '> quoted\n> lines\n', '{}'])('as %j is no checkpoint', async (text) => {
    const { out, error } = await verify({ ...ORIGINAL, since: Buffer.from(text) });
    expect([out, error]).toEqual(['', expect.stringMatching(/^Cannot read \S*since\.txt, so that nothing/)]);
  });
});

test('what was mended is what was signed, and nothing else', () => {
  fc.assert(
    fc.property(carried(FILES.since), (bytes) => {
      expect(Buffer.from(keptBytes(bytes)).toString()).toBe(FILES.since);
    }),
  );
});

test.runIf(hasOpenssl)('certificates are read whatever the ends of their lines are', () => {
  const made = openAuthorities();
  const pem = made.pem('root');
  made.close();
  const thumbprints = (text: string) => JSON.stringify(readCertificates(text));
  fc.assert(
    fc.property(carried(pem), (bytes) => {
      expect(thumbprints(textIn(bytes))).toEqual(thumbprints(pem));
    }),
    { numRuns: 50 },
  );
});
