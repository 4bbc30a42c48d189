import { isSignedBy, signed } from './ed25519.ts';
import { type LogKey, NotSigned, type SigningKey } from './keys.ts';

/** What is to be signed by a key. */
export interface ToSign {
  /** What the signature is over. */
  readonly message: Uint8Array;
  /** The text with its signature: 64 bytes, Ed25519. */
  readonly withSignature: (signature: Uint8Array) => string;
}

/** The text, signed by a key that is here. */
export const signedBy = ({ message, withSignature }: ToSign, key: SigningKey): string =>
  withSignature(signed(message, key));

/**
 * The texts, each signed. Somebody who has the key is asked once for all, and nothing that he answers counts unless all of it is signed by that key.
 *
 * @throws NotSigned
 */
export async function allSigned(what: readonly ToSign[], key: LogKey): Promise<string[]> {
  if ('seed' in key) return what.map((each) => signedBy(each, key));
  const signatures = await key.sign(what.map(({ message }) => message));
  return what.map(({ message, withSignature }, i) => {
    const signature = signatures[i];
    if (signature === undefined || !isSignedBy(message, signature, key))
      throw new NotSigned('wrong', `what was answered is no signature of the key ${key.name}+${key.id}`);
    return withSignature(signature);
  });
}
