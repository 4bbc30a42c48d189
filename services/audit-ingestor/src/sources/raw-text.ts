import type { Instant } from '@margay/ground';
import type { Origin } from '@margay/history';
import type { UnusableReason } from '@margay/sources';

/** A text with audit events in it, in whatever envelope a forwarder put around them, and the place it was read from. */
export interface RawText {
  readonly text: string;
  readonly origin: Origin;
  /** What is wrong with what followed the text, which can never be read. */
  readonly unreadable?: string;
  /** Set, with an empty text, when there was something that can never be read: why, how big it was, and when that happened which it told. */
  readonly unusable?: {
    readonly reason: UnusableReason;
    readonly sizeBytes: number;
    readonly after?: Instant;
    readonly before?: Instant;
  };
}

/**
 * Takes texts of one cluster and one source, by ascending positions. Fulfilled when everything in them is durable, and
 * with it a record of what cannot be used.
 *
 * Idempotent: texts come again after a crash or an answer that was lost, in any order. Rejected when they have to come
 * again.
 */
export type Ingest = (cluster: string, texts: readonly RawText[]) => Promise<void>;
