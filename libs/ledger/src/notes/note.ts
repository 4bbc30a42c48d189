import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base64, utf8 } from '@scure/base';
import { isSignedBy } from './ed25519.ts';
import { isKeyName, type SigningKey, type VerifierKey } from './keys.ts';
import { signedBy, type ToSign } from './to-sign.ts';

/** One line of signature. */
export interface NoteSignature {
  readonly name: string;
  /** Eight hex digits. */
  readonly id: string;
  /** What follows the id: its form is the key's. */
  readonly bytes: Uint8Array;
}

/** A text and who is said to have signed it (C2SP signed-note). */
export interface Note {
  /** With its line feed at the end. */
  readonly text: string;
  /** As they stand there: nothing is checked yet. */
  readonly signatures: readonly NoteSignature[];
}

/** That a key signed a note. */
export interface Signed {
  readonly key: VerifierKey;
  /** When a witness signed, in seconds since 1970; absent of a log's own signature, which says none. */
  readonly time?: number;
}

/** What is no note, or one that nobody may trust. */
export class NoteProblem extends Error {
  override readonly name = 'NoteProblem';
}

/** The last second of the year 9999, since 1970: later ones are no time that anybody can write. */
const TIME_MAX = 253_402_300_799;
/** How long a note may be, in bytes. */
const NOTE_BYTES_MAX = 1_000_000;
/** How many signatures it may have. */
const SIGNATURES_MAX = 100;
const ID_BYTES = 4;

/** @throws NoteProblem where it is none. */
export function readNote(bytes: Uint8Array): Note {
  const whole = noteText(bytes);
  const end = whole.lastIndexOf('\n\n');
  if (end === -1) throw new NoteProblem('it has no empty line between text and signatures');
  const lines = whole.slice(end + 2).split('\n');
  if (lines.pop() !== '') throw new NoteProblem('its last line is not ended by a line feed');
  if (lines.length === 0) throw new NoteProblem('it has no signature');
  if (lines.length > SIGNATURES_MAX) throw new NoteProblem(`it has more than ${SIGNATURES_MAX} signatures`);
  return { text: whole.slice(0, end + 1), signatures: lines.map(readSignature) };
}

/**
 * The signatures of keys that are known; those of others count for nothing. A key counts once, however often it signed.
 *
 * @throws NoteProblem where the signature of a known key is not one.
 */
export function signaturesBy(note: Note, keys: readonly VerifierKey[]): Signed[] {
  const found = new Map<string, Signed>();
  for (const { name, id, bytes } of note.signatures) {
    const key = keys.find((each) => each.name === name && each.id === id);
    if (key === undefined) continue;
    const signature = checked(note.text, bytes, key);
    if (signature === undefined)
      throw new NoteProblem(`the signature of ${name} (key ${id}) is not over this text: it was changed`);
    const known = found.get(`${name}+${id}`);
    // A witness may have seen it twice: since when it stands is what counts.
    if (known === undefined || (signature.time ?? 0) < (known.time ?? 0))
      found.set(`${name}+${id}`, signature);
  }
  return [...found.values()];
}

/**
 * A text that the key of its log is to sign.
 *
 * @param text ends with a line feed.
 */
export const noteToSign = (text: string, key: VerifierKey): ToSign => ({
  message: utf8ToBytes(text),
  withSignature: (signature) => `${text}\n${line(key, signature)}`,
});

/** A text signed by the key of its log, as `noteToSign` has it. */
export const signNote = (text: string, key: SigningKey): string => signedBy(noteToSign(text, key), key);

/**
 * A note with the signature of a witness that saw it: `cosignature/v1` (C2SP tlog-cosignature).
 *
 * @param time in seconds since 1970.
 */
export function cosignNote(note: string, key: SigningKey, time: number): string {
  return `${note}${signedBy(cosignatureToSign(note, key, time), key)}`;
}

/** The line of such a signature, that a key is to sign. */
export function cosignatureToSign(note: string, key: VerifierKey, time: number): ToSign {
  const { text } = readNote(utf8ToBytes(note));
  return {
    message: cosigned(text, time),
    withSignature: (signature) => line(key, concatBytes(timeBytes(time), signature)),
  };
}

/**
 * A note with the line of one key alone, whose signature was checked: nobody signed that others wrote below it.
 *
 * @throws NoteProblem where it has none.
 */
export function withLineOf(note: string, { name, id }: VerifierKey): string {
  const { text, signatures } = readNote(utf8ToBytes(note));
  const own = signatures.find((each) => each.name === name && each.id === id);
  if (own === undefined) throw new NoteProblem(`it has no signature of ${name} (key ${id})`);
  return `${text}\n${line(own, own.bytes)}`;
}

/**
 * The line of signature by which a witness cosigned a note, of the lines that it answered, and when it did, in seconds since 1970.
 *
 * @throws NoteProblem where there is none of its key over that note.
 */
export function cosignatureIn(
  lines: Uint8Array,
  note: string,
  witness: VerifierKey,
): { readonly line: string; readonly time: number } {
  const { text } = readNote(utf8ToBytes(note));
  const { signatures } = readNote(utf8ToBytes(`${text}\n${noteText(lines)}`));
  const own = signatures.filter(({ name, id }) => name === witness.name && id === witness.id);
  if (own.length === 0) throw new NoteProblem(`it has no signature of ${witness.name} (key ${witness.id})`);
  const [signed] = signaturesBy({ text, signatures: own.slice(0, 1) }, [witness]);
  return { line: line(witness, own[0]!.bytes), time: signed!.time! };
}

/** @throws NoteProblem where the bytes are more than a note has, or no text of lines. */
export function noteText(bytes: Uint8Array): string {
  if (bytes.length > NOTE_BYTES_MAX) throw new NoteProblem(`it has more than ${NOTE_BYTES_MAX} bytes`);
  let text: string;
  try {
    text = utf8.encode(bytes);
  } catch {
    throw new NoteProblem('it is no UTF-8');
  }
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  const at = text.search(/[\u0000-\u0009\u000b-\u001f]/);
  if (at !== -1) {
    const code = text.charCodeAt(at);
    throw new NoteProblem(
      code === 13
        ? 'its lines end with carriage returns: they must end with a line feed alone'
        : `it has the control character ${code} in it`,
    );
  }
  return text;
}

function readSignature(text: string): NoteSignature {
  const [, name, coded = ''] = /^\u2014 (\S+) (\S+)$/u.exec(text) ?? [];
  if (name === undefined || !isKeyName(name))
    throw new NoteProblem('it has a line of signature that is none: "— NAME SIGNATURE" is needed');
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(coded);
  } catch {
    throw new NoteProblem(`the signature of ${name} is no base64`);
  }
  if (bytes.length <= ID_BYTES) throw new NoteProblem(`the signature of ${name} is too short`);
  return { name, id: bytesToHex(bytes.slice(0, ID_BYTES)), bytes: bytes.slice(ID_BYTES) };
}

/** What a signature says, or undefined where it is not over the text. @throws NoteProblem where it says a time that is none. */
function checked(text: string, bytes: Uint8Array, key: VerifierKey): Signed | undefined {
  if (key.use === 'log') return isSignedBy(utf8ToBytes(text), bytes, key) ? { key } : undefined;
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  if (seconds > BigInt(TIME_MAX))
    throw new NoteProblem(
      `the signature of ${key.name} (key ${key.id}) says ${seconds} seconds since 1970, which is no time`,
    );
  const time = Number(seconds);
  return isSignedBy(cosigned(text, time), bytes.slice(TIME_BYTES), key) ? { key, time } : undefined;
}

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

const cosigned = (text: string, time: number): Uint8Array =>
  utf8ToBytes(`cosignature/v1\ntime ${time}\n${text}`);

function timeBytes(time: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return bytes;
}

const line = ({ name, id }: Pick<VerifierKey, 'name' | 'id'>, bytes: Uint8Array): string =>
  `\u2014 ${name} ${base64.encode(concatBytes(hexToBytes(id), bytes))}\n`;
