import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base64, utf8 } from '@scure/base';
import { isSignedBy } from './notes/ed25519.ts';
import type { SigningKey, VerifierKey } from './notes/keys.ts';
import { signedBy, type ToSign } from './notes/to-sign.ts';

/** A statement about files, known by their digests (in-toto Statement v1). */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  /** What the predicate is: the address of its description, with its version. */
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** What a statement says that it is. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** What an envelope says that it holds. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Text that is no envelope, or one that nobody may trust. */
export class EnvelopeProblem extends Error {
  override readonly name = 'EnvelopeProblem';
}

/** A statement that a key is to sign, in its envelope (DSSE v1): JSON on one line. */
export function envelopeToSign(statement: Statement, key: VerifierKey): ToSign {
  const payload = utf8ToBytes(JSON.stringify(statement));
  return {
    message: signedBytes(payload),
    withSignature: (signature) => {
      const signatures = [{ keyid: keyIdOf(key), sig: base64.encode(signature) }];
      const envelope = { payload: base64.encode(payload), payloadType: PAYLOAD_TYPE, signatures };
      return `${JSON.stringify(envelope)}\n`;
    },
  };
}

/** A statement in its envelope, signed. */
export const envelopeText = (statement: Statement, key: SigningKey): string =>
  signedBy(envelopeToSign(statement, key), key);

/** What an envelope holds, as far as keys that are known signed it. */
export interface OpenedEnvelope {
  readonly statement: Statement;
  readonly signed: readonly VerifierKey[];
  /** The envelope with the signatures of these keys alone, each once: what else stood in it nobody known signed. */
  readonly text: string;
}

/**
 * The statement in an envelope, and which of the keys signed it: none where no key is known.
 *
 * @throws EnvelopeProblem where it is none, or a known key's signature is not one.
 */
export function readEnvelope(text: string, keys: readonly VerifierKey[]): OpenedEnvelope {
  const envelope = fieldsOf(parsed(text));
  if (envelope?.['payloadType'] !== PAYLOAD_TYPE || !Array.isArray(envelope['signatures']))
    throw new EnvelopeProblem('it is no DSSE envelope of an in-toto statement');
  const payload = decoded(envelope['payload']);
  const by = new Map<string, { readonly key: VerifierKey; readonly sig: unknown }>();
  for (const each of envelope['signatures'] as unknown[]) {
    const { keyid, sig } = fieldsOf(each) ?? {};
    const key = keys.find((known) => keyIdOf(known) === keyid);
    // Each is looked at once, however many there are.
    if (key === undefined || by.has(keyIdOf(key))) continue;
    if (!isSignedBy(signedBytes(payload), decoded(sig), key))
      throw new EnvelopeProblem(
        `the signature of ${key.name} (key ${key.id}) is not over it: it was changed`,
      );
    by.set(keyIdOf(key), { key, sig });
  }
  const signatures = [...by].map(([keyid, { sig }]) => ({ keyid, sig }));
  return {
    statement: statementOf(payload),
    signed: [...by.values()].map(({ key }) => key),
    text: `${JSON.stringify({ payload: envelope['payload'], payloadType: PAYLOAD_TYPE, signatures })}\n`,
  };
}

/** A hint in envelopes: whose key it is. */
const keyIdOf = ({ name, id }: VerifierKey): string => `${name}+${id}`;

/** What is signed: the pre-authentication encoding of DSSE. No checkpoint begins so, as no origin has a space. */
const signedBytes = (payload: Uint8Array): Uint8Array =>
  concatBytes(utf8ToBytes(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);

function statementOf(payload: Uint8Array): Statement {
  let text: string;
  try {
    text = utf8.encode(payload);
  } catch {
    throw new EnvelopeProblem('what it holds is no UTF-8');
  }
  const statement = fieldsOf(parsed(text));
  const { subject } = statement ?? {};
  const isOne =
    statement?.['_type'] === STATEMENT_TYPE &&
    typeof statement['predicateType'] === 'string' &&
    Array.isArray(subject) &&
    subject.every((each: unknown) => typeof fieldsOf(fieldsOf(each)?.['digest'])?.['sha256'] === 'string');
  if (!isOne) throw new EnvelopeProblem('what it holds is no in-toto statement (v1)');
  return statement as unknown as Statement;
}

function decoded(value: unknown): Uint8Array {
  try {
    return base64.decode(value as string);
  } catch {
    throw new EnvelopeProblem('it is no DSSE envelope: payload and signatures must be base64');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EnvelopeProblem('it is no JSON');
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
