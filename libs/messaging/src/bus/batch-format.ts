import type { Message } from './bus.ts';

/**
 * The bytes of one published batch in the embedded log, all numbers little-endian:
 *
 *     count u32, then for each message: key length u32, headers length u32, value length u32, key, headers, value
 *
 * The key is UTF-8; the headers are a JSON object, or nothing where there are none.
 */
export function encodeBatch(messages: readonly Message[]): Buffer {
  const parts: Buffer[] = [];
  const count = Buffer.allocUnsafe(4);
  count.writeUInt32LE(messages.length);
  parts.push(count);
  for (const { key, value, headers } of messages) {
    const keyBytes = Buffer.from(key);
    const headerBytes = Buffer.from(headers === undefined ? '' : JSON.stringify(headers));
    const lengths = Buffer.allocUnsafe(12);
    lengths.writeUInt32LE(keyBytes.length, 0);
    lengths.writeUInt32LE(headerBytes.length, 4);
    lengths.writeUInt32LE(value.length, 8);
    parts.push(lengths, keyBytes, headerBytes, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
  return Buffer.concat(parts);
}

/** The messages of a batch's bytes; the values are views of them. */
export function decodeBatch(bytes: Uint8Array): Message[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: Message[] = [];
  let position = 4;
  const take = (length: number) => buffer.subarray(position, (position += length));
  for (let left = buffer.readUInt32LE(0); left > 0; left--) {
    const lengths = take(12);
    const key = take(lengths.readUInt32LE(0)).toString();
    const headers = take(lengths.readUInt32LE(4)).toString();
    const value = take(lengths.readUInt32LE(8));
    messages.push({
      key,
      value,
      headers: headers === '' ? {} : (JSON.parse(headers) as Record<string, string>),
    });
  }
  return messages;
}
