import { inflateSync } from 'node:zlib';
import { Wrong } from './wrong.ts';

/** So many bytes an attached file has at most. */
const ATTACHED_BYTES_MAX = 1_000_000;

/** Whether bytes begin as a PDF does. */
export const isPdf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-';

/**
 * Of these files those that are attached to a PDF as Margay writes it, by name; none where another program wrote it anew. No other is
 * looked for or unpacked, however many there are.
 *
 * @throws Wrong where it has two of one name, or an object twice, so that each program finds another one.
 */
export function filesAttachedTo<Name extends string>(
  pdf: Buffer,
  names: readonly Name[],
): ReadonlyMap<Name, Buffer> {
  const text = pdf.toString('latin1');
  const found = new Map<Name, string>();
  for (const [, named, object = ''] of text.matchAll(SPECIFICATION)) {
    const name = names.find((each) => each === named);
    if (name === undefined) continue;
    if (found.has(name)) throw new Wrong(`two files that are attached to it have the name ${name}`);
    found.set(name, object);
  }
  const files = new Map<Name, Buffer>();
  for (const [name, object] of found) {
    const content = streamOf(pdf, text, object);
    if (content !== undefined) files.set(name, content);
  }
  return files;
}

/** A file specification: its name, and which object is the file. */
const SPECIFICATION =
  /\n<<\n\/Type \/Filespec\n[^<>]{0,200}?\/F \(([A-Za-z0-9._-]{1,100})\)\n\/EF <<\n\/F ([0-9]{1,9}) 0 R\n>>/g;

/** What an object's stream holds; undefined where it has none that is read here. */
function streamOf(pdf: Buffer, text: string, object: string): Buffer | undefined {
  const begin = `\n${object} 0 obj\n`;
  const at = text.indexOf(begin);
  if (text.includes(begin, at + 1)) throw new Wrong(`its object ${object} stands in it twice`);
  const dictionary = /^<<\n[^]{0,500}?\n\/Length ([0-9]{1,9})\n(\/Filter \/FlateDecode\n)?>>\nstream\n/.exec(
    text.slice(at + begin.length, at + begin.length + 600),
  );
  if (at === -1 || dictionary === null) return undefined;
  const start = at + begin.length + dictionary[0].length;
  const bytes = pdf.subarray(start, start + Number(dictionary[1]));
  if (dictionary[2] === undefined) return bytes;
  try {
    return inflateSync(bytes, { maxOutputLength: ATTACHED_BYTES_MAX });
  } catch {
    return undefined;
  }
}
