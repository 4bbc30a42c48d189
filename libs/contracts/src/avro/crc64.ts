import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * The CRC-64-AVRO fingerprint of a text (as UTF-8), as an unsigned 64-bit number.
 *
 * Source: Avro specification 1.12, "Schema Fingerprints": Rabin fingerprint with the polynomial below, started with
 * the same number.
 */
export function crc64Avro(text: string): bigint {
  let fingerprint = EMPTY;
  for (const byte of utf8ToBytes(text)) {
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
