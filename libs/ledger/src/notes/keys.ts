import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '@scure/base';

/** What a key signs: heads of its own log, or, as a witness, that it saw somebody's. Each has its byte in key ids (C2SP signed-note). */
export type KeyUse = 'log' | 'witness';

/** A key that signatures are checked with. */
export interface VerifierKey {
  /** The log's origin, or the witness's name. */
  readonly name: string;
  /** Eight hex digits, of name, use and key. */
  readonly id: string;
  readonly use: KeyUse;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
}

/** A key that signs. Whoever has it can write the log, so nothing here prints it. */
export interface SigningKey extends VerifierKey {
  /** 32 bytes: the seed of RFC 8032. */
  readonly seed: Uint8Array;
}

/** A key that somebody else has and never gives: he signs with it when he is asked. */
export interface Signer extends VerifierKey {
  /**
   * Signatures (64 bytes, Ed25519) over messages: one over each, in their order.
   *
   * @throws NotSigned
   */
  readonly sign: (messages: readonly Uint8Array[]) => Promise<readonly Uint8Array[]>;
  /** @throws NotSigned where he would sign nothing now. */
  readonly check: () => Promise<void>;
}

/** What a log is signed with: a key, or somebody who has it. */
export type LogKey = SigningKey | Signer;

/** Whether a key signs, by itself or by asking somebody. */
export const canSign = (key: VerifierKey): key is LogKey => 'seed' in key || 'sign' in key;

/** Why somebody else did not sign: he does not answer, or not now; he says no; or what he answered is no signature of the key. */
export type NotSignedReason = 'away' | 'refused' | 'wrong';

/** Whoever has a key did not sign with it. Nothing was signed, and nothing is lost: he can be asked again. */
export class NotSigned extends Error {
  override readonly name = 'NotSigned';
  readonly reason: NotSignedReason;

  constructor(reason: NotSignedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A text that is no key. Says what is wrong, never what it is. */
export class NoKey extends Error {
  override readonly name = 'NoKey';
}

const BYTES = { log: 1, witness: 4 } as const satisfies Record<KeyUse, number>;
const KEY_BYTES = 32;
const SECRET = 'PRIVATE+KEY+';

/**
 * The key of a name that a seed makes.
 *
 * @param seed 32 bytes that nobody can guess.
 * @throws NoKey for a name that no key can have.
 */
export const signingKey = (name: string, seed: Uint8Array, use: KeyUse = 'log'): SigningKey => ({
  ...verifierKey(name, ed25519.getPublicKey(seed), use),
  seed,
});

/**
 * The key of a name that checks what its other half signs.
 *
 * @param publicKey 32 bytes, Ed25519.
 * @throws NoKey for a name that no key can have.
 */
export function verifierKey(name: string, publicKey: Uint8Array, use: KeyUse = 'log'): VerifierKey {
  if (!isKeyName(name)) throw new NoKey(`"${name}" cannot be the name of a key: ${NAME_RULE}`);
  return { name, use, id: keyId(name, use, publicKey), publicKey };
}

/** The same key for a log of another name. */
export const keyNamed = <K extends LogKey>(key: K, name: string): K => ({
  ...key,
  ...verifierKey(name, key.publicKey, key.use),
});

const NAME_RULE = 'it must be a text without spaces, control characters and "+"';

/** Whether a text can be the name of a key. */
export const isKeyName = (name: string): boolean =>
  name !== '' && name.isWellFormed() && !/[\s\u0085+]|\p{Cc}/u.test(name);

/** The same key in another use: with the id that it has there. */
export const keyInUse = <K extends VerifierKey>(key: K, use: KeyUse): K => ({
  ...key,
  use,
  id: keyId(key.name, use, key.publicKey),
});

/** A key for checking as text, `NAME+ID+KEY`: what Go's `note.NewVerifier` takes. */
export const verifierKeyText = ({ name, id, use, publicKey }: VerifierKey): string =>
  `${name}+${id}+${base64.encode(concatBytes(Uint8Array.of(BYTES[use]), publicKey))}`;

/** Whether two are one key, in one use and of one name. */
export const isSameKey = (a: VerifierKey, b: VerifierKey): boolean =>
  verifierKeyText(a) === verifierKeyText(b);

/** Keys by who has them: the same one under several names is somebody's alone, and what a witness signs does not say under which name. */
export const byHolder = (keys: readonly VerifierKey[]): readonly (readonly VerifierKey[])[] => [
  ...Map.groupBy(keys, ({ publicKey }) => bytesToHex(publicKey)).values(),
];

/** A key for signing as text, `PRIVATE+KEY+NAME+ID+SEED`: what Go's `note.NewSigner` takes. */
export const signingKeyText = ({ name, id, use, seed }: SigningKey): string =>
  `${SECRET}${name}+${id}+${base64.encode(concatBytes(Uint8Array.of(BYTES[use]), seed))}`;

/** @throws NoKey for a text that `verifierKeyText` does not give. */
export function readVerifierKey(text: string): VerifierKey {
  if (text.startsWith(SECRET))
    throw new NoKey('it is the key that signs: give the one for checking, and keep this one to its log');
  const { name, id, use, bytes: publicKey } = readKey(text);
  if (keyId(name, use, publicKey) !== id) throw new NoKey('its id is not that of its name and key');
  return { name, id, use, publicKey };
}

/** @throws NoKey for a text that `signingKeyText` does not give. */
export function readSigningKey(text: string): SigningKey {
  if (!text.startsWith(SECRET)) throw new NoKey(`it does not begin with ${SECRET}`);
  const { name, id, use, bytes: seed } = readKey(text.slice(SECRET.length));
  const key = signingKey(name, seed, use);
  if (key.id !== id) throw new NoKey('its id is not that of its name and key');
  return key;
}

function readKey(text: string): { name: string; id: string; use: KeyUse; bytes: Uint8Array } {
  // Base64 may have a plus too.
  const [, name = '', id, coded] = /^([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  if (id === undefined || coded === undefined) throw new NoKey('it has not the form NAME+ID+KEY');
  if (!isKeyName(name)) throw new NoKey(`its name cannot be one: ${NAME_RULE}`);
  const bytes = decoded(coded);
  const use = (Object.keys(BYTES) as KeyUse[]).find((each) => BYTES[each] === bytes?.[0]);
  if (bytes === undefined || use === undefined || bytes.length !== 1 + KEY_BYTES)
    throw new NoKey('it is no Ed25519 key of a log or a witness');
  return { name, id, use, bytes: bytes.slice(1) };
}

function decoded(coded: string): Uint8Array | undefined {
  try {
    return base64.decode(coded);
  } catch {
    return undefined;
  }
}

/** The first four bytes of SHA-256 over name, line feed, use and key, in hex. */
const keyId = (name: string, use: KeyUse, publicKey: Uint8Array): string =>
  bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(BYTES[use]), publicKey)).slice(0, 4));
