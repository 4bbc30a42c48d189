import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { envelopeText, readEnvelope, signingKey, type SigningKey, verifierKeyText } from '@margay/ledger';
import { changeLogKey } from '@margay/storage';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { unzipSync, Zip, ZipDeflate } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { margay } from './testing/margay.ts';
import { dailyLogged, LOG_KEY, recordedStores } from './testing/recorded-stores.ts';

const folder = mkdtempSync(join(tmpdir(), 'margay-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Files = Readonly<Record<string, Buffer>>;

const NEXT = signingKey(LOG_KEY.name, new Uint8Array(32).fill(8));
/** Of the same name. */
const STRANGER = signingKey(LOG_KEY.name, new Uint8Array(32).fill(9));
const KEY = ['--key', verifierKeyText(LOG_KEY)];

/** The files of two reports of one log that went on with another key between them, and those of the first report in a stranger's log. */
let [one, two, strange]: Files[] = [];

async function exported(keys: readonly [SigningKey, SigningKey]) {
  const stores = await recordedStores();
  const http = await apiHere({ stores, access: anyone });
  const zipOf = async (id: string): Promise<Files> => {
    const { rawPayload } = await http.inject(`/api/v1/runs/${id}/downloads/evidence.zip`);
    return Object.fromEntries(
      Object.entries(unzipSync(rawPayload)).map(([name, bytes]) => [name, Buffer.from(bytes)]),
    );
  };
  const timestamped = async () => {
    const made = openAuthorities();
    made.authority('tsa');
    const { size, checkpoint } = (await stores.ledger.head())!;
    const data = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1));
    const text = Buffer.from(made.answer('tsa', made.request(data))).toString('base64');
    await stores.ledger.confirm({ size, checkpoint, by: 'tsa', kind: 'timestamp', text });
    made.close();
  };
  await dailyLogged(stores, 'daily-0', 1, keys[0]);
  await changeLogKey(stores.ledger, ...keys);
  await dailyLogged(stores, 'daily-1', 2, keys[1]);
  if (hasOpenssl) await timestamped();
  const first = await zipOf('daily-1');
  await dailyLogged(stores, 'daily-2', 3, keys[1]);
  if (hasOpenssl) await timestamped();
  const second = await zipOf('daily-2');
  await http.close();
  return [first, second] as const;
}

beforeAll(async () => {
  [one, two] = await exported([LOG_KEY, NEXT]);
  [strange] = await exported([signingKey(LOG_KEY.name, new Uint8Array(32).fill(10)), STRANGER]);
}, 300_000);

/** A ZIP of files in their order, in which two may have one name. */
function zipped(files: readonly (readonly [name: string, bytes: Buffer])[]): Buffer {
  const pieces: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  for (const [name, bytes] of files) {
    const file = new ZipDeflate(name);
    file.mtime = new Date(1980, 0, 1);
    zip.add(file);
    file.push(bytes, true);
  }
  zip.end();
  return Buffer.concat(pieces);
}

/** The manifest as somebody makes it who changed the files and wants them to fit it. */
function manifestFor(files: Files): Buffer {
  const manifest = JSON.parse(one!['manifest.json']!.toString()) as object;
  const named = Object.entries(files).filter(([name]) => name !== 'manifest.json');
  return Buffer.from(
    JSON.stringify({
      ...manifest,
      files: named.map(([name, bytes]) => ({
        name,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })),
    }),
  );
}

/** The statement of the first report, signed by a stranger. */
const resigned = (): Buffer =>
  Buffer.from(envelopeText(readEnvelope(one!['coverage.dsse.json']!.toString(), []).statement, STRANGER));

/** What is done with one file: what stands in its place, none where it is taken out. */
const DONE: Readonly<Record<string, (name: string) => Buffer | undefined>> = {
  'that of another report': (name) => two![name],
  'that of a stranger’s log': (name) => (name === 'coverage.dsse.json' ? resigned() : strange![name]),
  'taken out': () => undefined,
  emptied: () => Buffer.alloc(0),
  'an empty object': () => Buffer.from('{}'),
};

const FILES = [
  'report.json',
  'summary.csv',
  'log-entry.json',
  'report.tlog-proof',
  'log-checkpoint.txt',
  ...(hasOpenssl ? ['log-checkpoint.tsr'] : []),
  'log-key.txt',
  'log-key-changes.json',
  'coverage.dsse.json',
];
/**
 * What nobody can miss who has the file alone: what is made of report.json, and what only some reports have. Without what tells of another key
 * the one that was given signed nothing.
 */
const MAY_BE_ABSENT = new Set(['summary.csv', 'log-checkpoint.tsr', 'log-key-changes.json']);

/** The files of the first report with one of them changed; undefined where that is no change. */
function changed(name: string, how: string, isManifestMadeAnew: boolean): Files | undefined {
  const bytes = DONE[how]!(name);
  if (bytes?.equals(one![name]!) === true) return undefined;
  const { [name]: _, ...others } = one!;
  const files = bytes === undefined ? others : { ...others, [name]: bytes };
  return isManifestMadeAnew ? { ...files, 'manifest.json': manifestFor(files) } : files;
}

/** The first line of what is said of each ZIP. */
function firstLines(zips: readonly Files[], options: readonly string[]): string[] {
  for (const [i, files] of zips.entries())
    writeFileSync(join(folder, `${i}.zip`), zipped(Object.entries(files)));
  const said = new Map<number, string>();
  let from = 0;
  while (from < zips.length) {
    const paths = Array.from({ length: zips.length - from }, (_, i) => join(folder, `${from + i}.zip`));
    const { out, err } = margay(['verify', ...paths, ...options]);
    for (const [, number, words] of out.matchAll(/^\S*\/(\d+)\.zip: (.*)$/gm))
      said.set(Number(number), words!);
    // One that cannot be read ends it.
    const [, number, words] = /Cannot read \S*\/(\d+)\.zip: (.*)$/m.exec(err) ?? [];
    if (number === undefined) break;
    said.set(Number(number), `Cannot read: ${words}`);
    from = Number(number) + 1;
  }
  return zips.map((_, i) => said.get(i) ?? 'nothing was said');
}

test('a ZIP as it was exported is intact', { timeout: 300_000 }, () => {
  expect(firstLines([one!, two!], KEY)).toEqual(
    Array.from({ length: 2 }, () => `intact: the report that ${LOG_KEY.name} logged and signed`),
  );
});

test.each([
  ['with the key', KEY],
  ['without a key', []],
])(
  'each file, whatever is put in its place and whether the manifest says so, is found out: %s',
  { timeout: 600_000 },
  (_, options) => {
    const cells = FILES.flatMap((name) =>
      Object.keys(DONE).flatMap((how) =>
        [false, true].flatMap((isManifestMadeAnew) => {
          const files = changed(name, how, isManifestMadeAnew);
          return files === undefined ? [] : [{ name, how, isManifestMadeAnew, files }];
        }),
      ),
    );
    expect(cells.length).toBeGreaterThan(60);
    const said = firstLines(
      cells.map(({ files }) => files),
      options,
    );
    const passed = cells.flatMap(({ name, how, isManifestMadeAnew }, i) => {
      const isAllowed = how === 'taken out' && isManifestMadeAnew && MAY_BE_ABSENT.has(name);
      const isFound = /^(NOT INTACT: |Cannot read: |.*; not all that was asked for|.* may not be of it)/.test(
        said[i]!,
      );
      return isFound === !isAllowed
        ? []
        : [`${name}, ${how}, manifest ${isManifestMadeAnew ? 'made anew' : 'as it was'}: ${said[i]}`];
    });
    expect(passed).toEqual([]);
  },
);

test(
  'two files of one name, the first or the last of them another, are found out',
  { timeout: 300_000 },
  () => {
    const names = [...FILES, 'manifest.json'];
    const paths = names.flatMap((name) =>
      [one, two].map((first, i) => {
        const path = join(folder, `${name}-${i}.zip`);
        const last = first === one ? two : one;
        const others = Object.entries(one!).filter(([each]) => each !== name);
        writeFileSync(path, zipped([[name, first![name]!], ...others, [name, last![name]!]]));
        return path;
      }),
    );
    const { code, out } = margay(['verify', ...paths, ...KEY]);
    expect(code).toBe(1);
    expect(out.trimEnd().split('\n')).toEqual(
      names.flatMap((name, i) =>
        [0, 1].map((at) => `${paths[2 * i + at]}: NOT INTACT: the ZIP has two files ${name} and ${name}`),
      ),
    );
  },
);
