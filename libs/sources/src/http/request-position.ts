import { crc32 } from 'node:zlib';
import { parseInstant, type Instant } from '@margay/ground';

/** Positions are milliseconds and a part of the content's checksum: 41 and 11 bits, safe integers until 2109. */
const CHECKSUM_VALUES = 2 ** 11;

/** Characters at either end of a long text that its checksum is of. */
const EDGE = 8_192;

/**
 * The position of a request in its source. Batches have no number, so it follows from their content: the time of what comes
 * first in them, and a checksum that tells apart what begins in one millisecond. A batch that is sent again, since an answer
 * was lost, has the position that it had.
 *
 * @param first when what comes first was; undefined where that has no time.
 * @param now milliseconds since the epoch, for content without a time.
 */
export function requestPosition(text: string, first: Instant | undefined, now: number): number {
  const milliseconds = Math.floor((first ?? 0) / 1_000) || now;
  const position = milliseconds * CHECKSUM_VALUES + (crc32(essence(text)) % CHECKSUM_VALUES);
  return milliseconds > 0 && Number.isSafeInteger(position) ? position : now * CHECKSUM_VALUES;
}

/** When a cloud says that it took a message or made a request, of which all else may be packed; it is the same each time that it is sent. */
const SENT = /"(?:publishTime|publish_time)":\s*"([0-9TZ:.+-]+)"|"timestamp":\s*(\d{13})\b/;

/** When a request was made first, as Pub/Sub and Firehose write it beside what they pack; undefined where nothing says so. */
export function sentAt(text: string): Instant | undefined {
  const [, published, made] = SENT.exec(text.slice(0, EDGE)) ?? SENT.exec(text.slice(-EDGE)) ?? [];
  return made === undefined ? parseInstant(published) : Number(made) * 1_000;
}

/** What tells batches apart without reading megabytes: their first and last events have ids, and their sizes differ. */
const essence = (text: string): string =>
  text.length <= 2 * EDGE ? text : `${text.length} ${text.slice(0, EDGE)}${text.slice(-EDGE)}`;
