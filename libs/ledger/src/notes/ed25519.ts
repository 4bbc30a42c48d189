import { ed25519 } from '@noble/curves/ed25519.js';
import type { SigningKey, VerifierKey } from './keys.ts';

/** The signature of a message: 64 bytes, Ed25519 (RFC 8032). */
export const signed = (message: Uint8Array, { seed }: SigningKey): Uint8Array => ed25519.sign(message, seed);

/** Whether a signature is the key's over the message, by the strict rules of RFC 8032. */
export function isSignedBy(
  message: Uint8Array,
  signature: Uint8Array,
  { publicKey }: Pick<VerifierKey, 'publicKey'>,
): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    // Of another length, or no point of the curve.
    return false;
  }
}
