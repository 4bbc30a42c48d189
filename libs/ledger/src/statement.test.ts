import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EnvelopeProblem, envelopeText, readEnvelope, signingKey, STATEMENT_TYPE } from './index.ts';

const KEY = signingKey('margay.example/log', new Uint8Array(32).fill(1));
const STATEMENT = {
  _type: STATEMENT_TYPE,
  subject: [{ name: 'report.json', digest: { sha256: 'd'.repeat(64) } }],
  predicateType: 'https://example.com/predicate/v1',
  predicate: { sources: ['ü'] },
} as const;
const TEXT = envelopeText(STATEMENT, KEY);

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}
const ENVELOPE = JSON.parse(TEXT) as Envelope;

test('a statement is signed as DSSE says', () => {
  const payload = Buffer.from(ENVELOPE.payload, 'base64');
  expect(JSON.parse(payload.toString())).toEqual(STATEMENT);
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `),
    payload,
  ]);
  const x = Buffer.from(KEY.publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(verify(null, signed, key, Buffer.from(ENVELOPE.signatures[0]!.sig, 'base64'))).toBe(true);
});

test('it is signed by its key, and by no other', () => {
  expect(readEnvelope(TEXT, [KEY])).toEqual({ statement: STATEMENT, signed: [KEY], text: TEXT });
  const other = signingKey('other.example', new Uint8Array(32).fill(2));
  expect(readEnvelope(TEXT, [other])).toMatchObject({ statement: STATEMENT, signed: [] });
});

test('what is in the envelope that nobody known signed is left out', () => {
  const signatures = [{ keyid: 'x', sig: 'AA==' }, ...ENVELOPE.signatures, ...ENVELOPE.signatures];
  const written = JSON.stringify({ more: 1, ...ENVELOPE, signatures }, undefined, 2);
  expect(readEnvelope(written, [KEY])).toEqual({ statement: STATEMENT, signed: [KEY], text: TEXT });
});

describe('refused is', () => {
  const other = Buffer.from(JSON.stringify({ ...STATEMENT, predicate: {} })).toString('base64');
  test.each([
    ['what is no JSON', 'x', 'no JSON'],
    ['what is no envelope', '{}', 'no DSSE'],
    ['another type', JSON.stringify({ ...ENVELOPE, payloadType: 'text/plain' }), 'no DSSE'],
    ['a payload that is no base64', JSON.stringify({ ...ENVELOPE, payload: '*' }), 'base64'],
    ['a payload that is no text', JSON.stringify({ ...ENVELOPE, payload: 7 }), 'base64'],
    ['another statement', JSON.stringify({ ...ENVELOPE, payload: other }), 'it was changed'],
    [
      'what is no statement',
      JSON.stringify({ ...ENVELOPE, payload: Buffer.from('{}').toString('base64'), signatures: [] }),
      'no in-toto statement',
    ],
  ])('%s', (_, text, why) => {
    expect(() => readEnvelope(text, [KEY])).toThrow(EnvelopeProblem);
    expect(() => readEnvelope(text, [KEY])).toThrow(why);
  });
});
