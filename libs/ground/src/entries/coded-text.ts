import { gunzipped } from './inflate.ts';

/** Of one text, decoded and unpacked. */
const SIZE_MAX = 64 * 1024 * 1024;
/** How Base64 begins of what begins as JSON (`{` and something, `[` and something) or as gzip. */
const BEGINS = /^(ey|ew|W[w-z]|H4sI)[A-Za-z0-9+/_-]+={0,2}$/;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const DIGIT = new Map<string, number>(`${DIGITS}-_`.split('').map((digit, i) => [digit, i < 64 ? i : i - 2]));

/** Whether a text may be JSON, or gzip, in Base64, as Firehose, Kinesis and Pub/Sub hand on what they are given. */
export const isCoded = (text: string): boolean => BEGINS.test(text);

/** What a text in Base64 says, unpacked if it is gzip; undefined where it is none. */
export function decodedText(text: string): string | undefined {
  if (!isCoded(text)) return undefined;
  const bytes = bytesOfBase64(text);
  const whole = bytes[0] === 0x1f ? gunzipped(bytes, SIZE_MAX) : bytes;
  return whole && textOfBytes(whole);
}

function bytesOfBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let [bits, count, at] = [0, 0, 0];
  for (const digit of digits) {
    bits = ((bits << 6) | DIGIT.get(digit)!) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = (bits >> count) & 0xff;
  }
  return bytes;
}

/** The text that bytes are in UTF-8; what is none stands as U+FFFD. */
export function textOfBytes(bytes: ArrayLike<number>): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (more === 0 ? 0x7f : 0x3f >> more);
    let [i, isWhole] = [1, first < 0x80 || (first >= 0xc2 && first <= 0xf4)];
    for (; i <= more && isWhole; i++) {
      const next = bytes[at + i] ?? 0;
      if ((next & 0xc0) === 0x80) point = (point << 6) | (next & 0x3f);
      else isWhole = false;
    }
    const isPoint = isWhole && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
    parts.push(isPoint ? String.fromCodePoint(point) : '\uFFFD');
    at += isPoint ? more + 1 : 1;
  }
  return parts.join('');
}
