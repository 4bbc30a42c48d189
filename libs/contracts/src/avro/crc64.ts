/**
 * The CRC-64-AVRO fingerprint of a text (as UTF-8), as an unsigned 64-bit number.
 *
 * Source: Avro specification 1.12, "Schema Fingerprints": Rabin fingerprint with the polynomial below, started with
 * the same number.
 */
export function crc64Avro(text: string): bigint {
  let fingerprint = EMPTY;
  for (const byte of utf8(text)) {
    fingerprint = (fingerprint >> 8n) ^ entry(Number((fingerprint ^ BigInt(byte)) & 0xffn));
  }
  return fingerprint;
}

const EMPTY = 0xc15d213aa4d7a795n;

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (value & 1n ? EMPTY : 0n);
  return value;
});

function entry(index: number): bigint {
  return TABLE[index] ?? 0n;
}

/** The UTF-8 bytes of a text. Lone surrogates become U+FFFD. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      );
  }
  return bytes;
}
