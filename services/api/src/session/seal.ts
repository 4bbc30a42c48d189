import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** An id that nobody guesses: 256 random bits, as cookies may carry them. */
export const newId = (): string => randomBytes(32).toString('base64url');

/** Whether a text may be such an id. */
export const isId = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** What an id is known by: from it nobody finds the id. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const keyOf = (id: string): Buffer => Buffer.from(hkdfSync('sha256', id, '', 'margay session', 32));

/** The content as only whoever has the id can read it. */
export function seal(id: string, content: unknown): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(id), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

/** @throws Error where it was sealed under another id, or changed since. */
export function unseal(id: string, sealed: string): unknown {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(CIPHER, keyOf(id), bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as unknown;
}
