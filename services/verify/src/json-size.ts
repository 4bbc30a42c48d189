/** What makes a JSON text large in memory. */
export interface JsonSize {
  /** At least as many as it has values and names. */
  readonly values: number;
  /** How many lists and objects stand in one another. */
  readonly depth: number;
}

/** Reports of the deepest objects that Kubernetes has are a few dozen deep; what walks through them goes no deeper than some thousands. */
const DEPTH_MAX = 1_000;
/** Measured of what `JSON.parse` makes: 8 bytes for a number, 61 for an object whose one name no other object has. */
const VALUE_BYTES_MAX = 64;
/** The rest is for what is made of it. */
const SHARE_OF_HEAP = 0.6;
/** What Node keeps apart for what does not last, up to version 24. */
const YOUNG_BYTES = 192 * 1024 ** 2;

const [QUOTE, ESCAPE] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, COLON] = [0x2c, 0x3a];

/** Counts without making any of it. @param bytes of a JSON text in UTF-8; of any others it counts something. */
export function jsonSize(bytes: Uint8Array): JsonSize {
  let values = 1;
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (isText) {
      if (byte === ESCAPE) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA || byte === COLON) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return { values, depth: deepest };
}

/**
 * Why a JSON text is not read, as the rest of a sentence with what to do; undefined where it can be. What has no room ends the program in the
 * middle, without a word.
 *
 * @param heapBytes what the program may take, `heap_size_limit` of V8.
 */
export function sizeProblem({ values, depth }: JsonSize, heapBytes: number): string | undefined {
  if (depth > DEPTH_MAX)
    return `its lists and objects stand in one another more than ${DEPTH_MAX} deep, which no report does`;
  const needed = (values * VALUE_BYTES_MAX) / SHARE_OF_HEAP;
  const there = heapBytes - YOUNG_BYTES;
  if (needed <= there) return undefined;
  const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
  return (
    `its ${values} values may take ${megabytes(needed)} MB of memory, and this program may use ${megabytes(there)} MB: ` +
    `if it is a report that you expect to be so large, set NODE_OPTIONS=--max-old-space-size=${megabytes(needed)} and try again`
  );
}
