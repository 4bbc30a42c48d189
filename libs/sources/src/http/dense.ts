/**
 * What is read of a body is kept while its other values are, and takes up to 60 bytes for each, whatever it takes on the way. Of audit logs
 * every eleventh byte begins a value; a body of nothing but braces would take forty times its size.
 */
const BYTES_OF_VALUE = 10;
/** Lines that are indented have none of their own. */
const LINES_OF_VALUE = 4;

const BEGIN_VALUE = new Set(Buffer.from(',:[{'));
const LINE_BREAK = 0x0a;

/** How many values may be read of a body, where one of `bytesMax` is taken. */
export const mostValues = (bytesMax: number): number => bytesMax / BYTES_OF_VALUE;

/** Whether a body has so many values that reading them takes more memory than one of `bytesMax` may. */
export function isTooDense(bytes: Uint8Array, bytesMax: number): boolean {
  const most = mostValues(bytesMax);
  if (bytes.length <= most) return false;
  let values = 0;
  let lines = 0;
  for (const byte of bytes) {
    if (byte === LINE_BREAK) lines++;
    else if (BEGIN_VALUE.has(byte)) values++;
  }
  return values + lines / LINES_OF_VALUE > most;
}
