import { createPublicKey, verify } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkProof,
  cosignatureIn,
  cosignNote,
  inclusionFrom,
  NoKey,
  NoteProblem,
  proofText,
  readCheckpoint,
  readNote,
  readProof,
  readSigningKey,
  readVerifierKey,
  signaturesBy,
  signCheckpoint,
  signingKey,
  signingKeyText,
  signNote,
  verifierKeyText,
} from '../index.ts';
import { entry, logOf } from '../testing/log.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const LOG = signingKey('margay.example/log', seed(1));
const WITNESS = signingKey('witness.example/w', seed(2), 'witness');
const HEAD = { size: 1_000, root: seed(9) };
const CHECKPOINT = signCheckpoint(HEAD, LOG);

describe('as the specifications have it', () => {
  const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
  const KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';

  test('the signed note of C2SP is signed by its key, and by no other', () => {
    const key = readVerifierKey(KEY);
    expect(verifierKeyText(key)).toBe(KEY);
    const note = readNote(bytes(EXAMPLE));
    expect(note.text).toBe('This is an example message.\n');
    expect(signaturesBy(note, [key])).toEqual([{ key }]);
    expect(signaturesBy(note, [LOG])).toEqual([]);
  });

  test('a checkpoint is three lines, and node’s own Ed25519 finds it signed', () => {
    const [text, line] = CHECKPOINT.split('\n\n') as [string, string];
    expect(text).toBe(`margay.example/log\n1000\n${Buffer.from(seed(9)).toString('base64')}`);
    const signature = Buffer.from(line.split(' ')[2]!, 'base64');
    expect(signature.subarray(0, 4).toString('hex')).toBe(LOG.id);
    expect(verify(null, bytes(`${text}\n`), nodeKey(LOG.publicKey), signature.subarray(4))).toBe(true);
  });

  test('a witness signs the time with the text', () => {
    const cosigned = cosignNote(CHECKPOINT, WITNESS, 1_679_315_147);
    const signature = Buffer.from(cosigned.trimEnd().split(' ').at(-1)!, 'base64');
    expect(signature.subarray(0, 12).toString('hex')).toBe(`${WITNESS.id}00000000641850cb`);
    const message = `cosignature/v1\ntime 1679315147\n${CHECKPOINT.split('\n\n')[0]}\n`;
    expect(verify(null, bytes(message), nodeKey(WITNESS.publicKey), signature.subarray(12))).toBe(true);
  });
});

const nodeKey = (publicKey: Uint8Array) =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
    format: 'jwk',
  });

describe('keys', () => {
  test('are the same after being written and read', () => {
    for (const key of [LOG, WITNESS]) {
      const { seed: _, ...verifier } = key;
      expect(readSigningKey(signingKeyText(key))).toEqual(key);
      expect(readVerifierKey(verifierKeyText(key))).toEqual(verifier);
    }
  });

  const text = verifierKeyText(LOG);
  test.each([
    ['', 'form'],
    ['margay.example/log', 'form'],
    [`${text} `, 'form'],
    [`${text}\n`, 'form'],
    [text.replace('+', ' +'), 'name'],
    [text.replace(LOG.id, LOG.id.toUpperCase()), 'form'],
    [text.replace('margay', 'margaz'), 'id'],
    [text.replace(/.$/, 'A'), 'id'],
    [text.slice(0, -4), 'Ed25519'],
    [`x+00000000+${Buffer.from([2, ...LOG.publicKey]).toString('base64')}`, 'Ed25519'],
    [signingKeyText(LOG), 'signs'],
  ])('%s is none for checking', (wrong, why) => {
    expect(() => readVerifierKey(wrong)).toThrow(NoKey);
    expect(() => readVerifierKey(wrong)).toThrow(why);
  });

  test('what is wrong with a key that signs is told without the key', () => {
    const secret = Buffer.from([1, ...seed(1)]).toString('base64');
    for (const wrong of [
      text,
      signingKeyText(LOG).replace(LOG.id, '00000000'),
      `PRIVATE+KEY+a b+${secret}`,
    ]) {
      expect(() => readSigningKey(wrong)).toThrow(NoKey);
      try {
        readSigningKey(wrong);
      } catch (error) {
        expect((error as Error).message).not.toContain(secret.slice(0, 8));
      }
    }
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b'])
      expect(() => signingKey(name, seed(1))).toThrow(NoKey);
  });
});

describe('a note', () => {
  const line = CHECKPOINT.split('\n').at(-2)!;
  const text = CHECKPOINT.split('\n\n')[0]!;
  test.each([
    ['', 'empty line'],
    ['text\n', 'empty line'],
    [`${text}\n\n`, 'no signature'],
    [CHECKPOINT.slice(0, -1), 'line feed'],
    [`${CHECKPOINT}\n`, 'no signature'],
    [CHECKPOINT.replaceAll('\n', '\r\n'), 'carriage return'],
    [CHECKPOINT.replace('1000', '10\u000000'), 'control character 0'],
    [CHECKPOINT.replace('—', '-'), 'NAME SIGNATURE'],
    [CHECKPOINT.replace('— ', '—  '), 'NAME SIGNATURE'],
    [`${text}\n\n${line} x\n`, 'NAME SIGNATURE'],
    [`${text}\n\n— a+b AAAAAAAA\n`, 'NAME SIGNATURE'],
    [`${text}\n\n— a AAAAAA==\n`, 'short'],
    [`${text}\n\n— a AAAA*AAA\n`, 'no base64'],
    [`${text}\n\n— a AAAAAAB\n`, 'no base64'],
    [`${text}\n\n— a AAAAAAB=\n`, 'no base64'],
    [`${text}\n\n${`${line}\n`.repeat(101)}`, 'more than 100'],
    ['x'.repeat(16_000_000), 'bytes'],
  ])('case %# is none', (wrong, why) => {
    expect(() => readNote(bytes(wrong))).toThrow(NoteProblem);
    expect(() => readNote(bytes(wrong))).toThrow(why);
  });

  test('bytes that are no UTF-8 are none', () => {
    expect(() => readNote(Uint8Array.of(0xc3, 0x28, 10, 10))).toThrow('no UTF-8');
  });

  test('its text may have empty lines: the last one ends it', () => {
    const note = signNote('a\n\nb\n', LOG);
    expect(readNote(bytes(note)).text).toBe('a\n\nb\n');
    expect(signaturesBy(readNote(bytes(note)), [LOG])).toEqual([{ key: LOG }]);
  });

  test('any changed bit makes it unreadable, unsigned, or refused', () => {
    const note = bytes(CHECKPOINT);
    const { seed: _, ...key } = LOG;
    for (let bit = 0; bit < note.length * 8; bit += 7) {
      const changed = note.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      let by: unknown[] = [];
      try {
        by = readCheckpoint(changed, [key]).signed as unknown[];
      } catch (error) {
        expect(error).toBeInstanceOf(NoteProblem);
      }
      expect(by).toEqual([]);
    }
  });
});

describe('signatures', () => {
  const names = (note: string) =>
    readCheckpoint(bytes(note), [LOG, WITNESS]).signed.map(({ key, time }) => [key.name, time]);

  test('of nobody known count for nothing', () => {
    const stranger = signingKey('margay.example/log', seed(7));
    const note = signCheckpoint(HEAD, stranger);
    expect(readCheckpoint(bytes(note), [LOG, WITNESS])).toEqual({ origin: LOG.name, ...HEAD, signed: [] });
    expect(readCheckpoint(bytes(CHECKPOINT), [])).toMatchObject({ signed: [] });
    // One who gives himself the same id is found out.
    const forged = note.replace(/— .*/, (line) => {
      const signature = Buffer.from(line.split(' ')[2]!, 'base64');
      signature.set(Buffer.from(LOG.id, 'hex'));
      return `— ${LOG.name} ${signature.toString('base64')}`;
    });
    expect(() => names(forged)).toThrow('it was changed');
  });

  test('of one key count once, and each must be one', () => {
    const line = CHECKPOINT.split('\n').at(-2)!;
    expect(names(`${CHECKPOINT}${line}\n`)).toEqual([[LOG.name, undefined]]);
    const other = signCheckpoint({ ...HEAD, size: 999 }, LOG)
      .split('\n')
      .at(-2)!;
    expect(() => names(`${CHECKPOINT}${other}\n`)).toThrow('it was changed');
    const twice = cosignNote(cosignNote(CHECKPOINT, WITNESS, 200), WITNESS, 100);
    expect(names(twice)).toEqual([
      [LOG.name, undefined],
      [WITNESS.name, 100],
    ]);
  });

  test('of another log do not count for this one', () => {
    const other = signingKey('other.example/log', seed(3));
    const note = signNote(CHECKPOINT.split('\n\n')[0]! + '\n', other);
    expect(readCheckpoint(bytes(note), [other])).toMatchObject({ origin: LOG.name, signed: [] });
  });

  test('a witness that signs as a log signs is no witness', () => {
    const asLog = { ...WITNESS, use: 'log' } as const;
    const note = signNote(CHECKPOINT.split('\n\n')[0]! + '\n', asLog);
    expect(() => names(note)).toThrow('it was changed');
  });
});

test.each([
  ['a\n1\n', 'fewer than three lines'],
  ['a\n\nb\nc\n', 'no size'],
  ['a b\n1\nROOT\n', 'origin'],
  ['a+b\n1\nROOT\n', 'origin'],
  ...['01', '+1', '-1', '1 ', '', '1e3', '0x1', '1.0', '٣'].map((size) => [`a\n${size}\nROOT\n`, 'no size']),
  ['a\n9007199254740992\nROOT\n', 'greater than 9007199254740991'],
  ['a\n99999999999999999999999\nROOT\n', 'greater than'],
  ['a\n1\nROOT=\n', 'no hash'],
  ['a\n1\nAAAA\n', 'no hash'],
  ['a\n1\nROOT\n\nmore\n', 'empty line'],
])('%j is no checkpoint', (text, why) => {
  const note = signNote(text.replace('ROOT', Buffer.from(seed(9)).toString('base64')), LOG);
  expect(() => readCheckpoint(bytes(note), [LOG])).toThrow(NoteProblem);
  expect(() => readCheckpoint(bytes(note), [LOG])).toThrow(why);
});

test('lines after the third are taken and signed', () => {
  const note = signNote(
    `a.example\n0\n${Buffer.from(seed(9)).toString('base64')}\nmore\n`,
    signingKey('a.example', seed(4)),
  );
  expect(readCheckpoint(bytes(note), [signingKey('a.example', seed(4))])).toMatchObject({
    size: 0,
    signed: [{}],
  });
});

describe('a proof', () => {
  const log = logOf(1_000);
  const proof = proofText({
    index: 731,
    hashes: inclusionFrom(731, 1_000).compute(log.read),
    checkpoint: signCheckpoint(log, LOG),
  });

  test('shows that an entry is in a log, and whose log it is', () => {
    expect(checkProof(bytes(proof), entry(731), [LOG])).toMatchObject({
      origin: LOG.name,
      size: 1_000,
      index: 731,
      signed: [{ key: LOG }],
    });
    expect(checkProof(bytes(proof), entry(731), [])).toMatchObject({ signed: [] });
    const extra = proof.replace('\n', '\nextra AAAA\n');
    expect(readProof(bytes(extra))).toEqual(readProof(bytes(proof)));
    const alone = proofText({ index: 0, hashes: [], checkpoint: signCheckpoint(logOf(1), LOG) });
    expect(checkProof(bytes(alone), entry(0), [LOG])).toMatchObject({ size: 1 });
  });

  test.each([
    ['another version', proof.replace('@v1', '@v2'), 'first line'],
    ['no index', proof.replace('index 731\n', ''), 'which entry'],
    ['an index with a zero in front', proof.replace('731', '0731'), 'which entry'],
    ['an index with a sign', proof.replace('731', '+731'), 'which entry'],
    ['another index', proof.replace('731', '730'), 'number 730'],
    ['an index outside', proof.replace('731', '1000'), 'number 1000'],
    ['a huge index', proof.replace('731', '9999999999999999'), 'number'],
    ['a hash too few', proof.replace(/(index.*\n).*\n/, '$1'), 'number 731'],
    ['a hash too many', proof.replace(/(index.*\n)(.*\n)/, '$1$2$2'), 'number 731'],
    ['no hash', proof.replace(/(index.*\n).*\n/, '$1AAAA\n'), 'no hash'],
    ['another size', proof.replace('\n1000\n', '\n1001\n'), 'it was changed'],
    ['no checkpoint', proof.slice(0, proof.indexOf('\n\n')), 'checkpoint'],
    ['carriage returns', proof.replaceAll('\n', '\r\n'), 'carriage'],
    ['16 MB', proof + 'x'.repeat(16_000_000), 'bytes'],
  ])('with %s is refused', (_, wrong, why) => {
    expect(() => checkProof(bytes(wrong), entry(731), [LOG])).toThrow(NoteProblem);
    expect(() => checkProof(bytes(wrong), entry(731), [LOG])).toThrow(why);
  });

  test('of another entry is refused', () => {
    expect(() => checkProof(bytes(proof), entry(732), [LOG])).toThrow('does not show');
    fc.assert(
      fc.property(fc.nat({ max: proof.indexOf('\n\n') }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = bytes(proof);
        changed[at]! ^= bits;
        expect(() => checkProof(changed, entry(731), [LOG])).toThrow(NoteProblem);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what a witness answers', () => {
  const cosigned = (key = WITNESS, of = CHECKPOINT) => cosignNote(of, key, 1_700_000_000).slice(of.length);
  const taken = (answer: string) => cosignatureIn(bytes(answer), CHECKPOINT, WITNESS).line;
  const other = signingKey('witness.example/other', seed(5), 'witness');

  test('its own line is taken, whatever stands beside it', () => {
    expect(taken(cosigned())).toBe(cosigned());
    expect(taken(cosigned(other) + cosigned())).toBe(cosigned());
    expect(signaturesBy(readNote(bytes(CHECKPOINT + taken(cosigned()))), [LOG, WITNESS])).toHaveLength(2);
  });

  test('whatever time it says can be written as a date, or is refused with it', () => {
    const most = 253_402_300_799n;
    const times = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 53n }),
      fc.bigInt({ min: 0n, max: most }),
      fc.constantFrom(0n, most, most + 1n, 8_640_000_000_000n, 2n ** 53n - 1n, 2n ** 53n),
    );
    fc.assert(
      fc.property(times, (time) => {
        const answer = cosignNote(CHECKPOINT, WITNESS, Number(time)).slice(CHECKPOINT.length);
        if (time > most) {
          expect(() => taken(answer)).toThrow(NoteProblem);
          expect(() => taken(answer)).toThrow(`says ${Number(time)} seconds since 1970, which is no time`);
          return;
        }
        const { time: said } = cosignatureIn(bytes(answer), CHECKPOINT, WITNESS);
        expect(said).toBe(Number(time));
        expect(new Date(said * 1_000).toISOString()).toMatch(/^\d{4}-/);
      }),
      { numRuns: 50 },
    );
  });

  const stranger = signingKey(WITNESS.name, seed(6), 'witness');
  const asLog = signCheckpoint(HEAD, signingKey(WITNESS.name, seed(2))).split('\n\n')[1]!;
  test.each([
    ['nothing', '', 'no signature'],
    ['no signature', 'thank you\n', 'NAME SIGNATURE'],
    ['bytes', '\u0000\u0001', 'control character'],
    ['a line that does not end', cosigned().trimEnd(), 'line feed'],
    ['the line of somebody else', cosigned(other), 'no signature of witness.example/w'],
    ['a line of another key by its name', cosigned(stranger), 'no signature of witness.example/w'],
    [
      'that it saw another root',
      cosigned(WITNESS, signCheckpoint({ ...HEAD, root: seed(8) }, LOG)),
      'changed',
    ],
    ['that it saw another size', cosigned(WITNESS, signCheckpoint({ ...HEAD, size: 999 }, LOG)), 'changed'],
    ['a signature of another form', asLog, 'no signature of witness.example/w'],
    ['another time', cosigned().replace(/(w .{14})./, '$1B'), 'changed'],
  ])('%s is not taken', (_, answer, why) => {
    expect(() => taken(answer)).toThrow(NoteProblem);
    expect(() => taken(answer)).toThrow(why);
  });
});
