import { isPrinted, mendedCheckpoint, readPrinted, readProof } from '@margay/ledger';
import { filesAttachedTo, isPdf } from './read-pdf.ts';
import { Wrong } from './wrong.ts';

const PROOF = 'report.tlog-proof';

/**
 * The signed note in what somebody kept: as the log gives it, as it was printed, or in a PDF.
 *
 * @throws NoteProblem where it is not whole; Wrong for a PDF without one, or that says two things.
 */
export function keptBytes(bytes: Buffer): Uint8Array {
  if (isPdf(bytes)) {
    const proof = filesAttachedTo(bytes, [PROOF]).get(PROOF);
    if (proof === undefined) throw new Wrong('the PDF that was kept has no checkpoint attached');
    return Buffer.from(readProof(proof).checkpoint);
  }
  const text = textIn(bytes);
  return Buffer.from(isPrinted(text) ? readPrinted(text).checkpoint : mendedCheckpoint(text));
}

/** The text of a file, as whoever wrote it saved it: some programs put its encoding before it, or write two bytes for each character. */
export function textIn(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.subarray(2).toString('utf16le');
  if (first === 0xfe && second === 0xff && bytes.length % 2 === 0)
    return Buffer.from(bytes.subarray(2)).swap16().toString('utf16le');
  return bytes.toString().replace(/^\uFEFF/, '');
}
