import { turns } from '../waiting.ts';

/** What is sent at once, in bytes. Brokers refuse batches above 1 MiB unless told otherwise. */
export const PARTS_BYTES = 512 * 1024;
/** A topic that takes less is none that messages can be published on. */
const LEAST_BYTES = 8 * 1024;

/** What is sent at once to a topic that takes so many bytes: a batch has something of its own, and what does not compress grows by a little. */
export const bytesWithin = (limit: number): number =>
  Math.max(LEAST_BYTES, Math.min(PARTS_BYTES, Math.floor(limit * 0.9)));

/** How much is sent to a topic at once. */
export interface Room {
  /** Of all records together, before they are compressed. */
  readonly bytes: number;
  /** Whether it cannot shrink any more. */
  readonly isLeast: boolean;
  /** The topic is known to take so many bytes at once. */
  fit(limit: number): void;
  /** The topic refused what was sent: the half is sent from now on. False where that is too little. */
  shrink(): boolean;
  /** Does something while nobody else does, so that the parts of few messages stand between each other. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Room in a topic whose limit is not known yet. @param shrunk told of the new size where the topic refused the old one. */
export function roomOf(shrunk: (bytes: number) => void): Room {
  let bytes = PARTS_BYTES;
  const turn = turns();
  const forever = new AbortController().signal;
  return {
    get bytes() {
      return bytes;
    },
    get isLeast() {
      return bytes <= LEAST_BYTES;
    },
    fit(limit) {
      bytes = bytesWithin(limit);
    },
    shrink() {
      if (bytes <= LEAST_BYTES) return false;
      bytes = Math.max(LEAST_BYTES, Math.floor(bytes / 2));
      shrunk(bytes);
      return true;
    },
    async alone(work) {
      const done = await turn('', forever);
      try {
        return await work();
      } finally {
        done();
      }
    },
  };
}
