import { isAuditEvent, SourceMemory } from '@margay/history';
import {
  followLog,
  logFileOf,
  readLog,
  type PlaceInLog,
  type Positions,
  type Stretch,
} from '@margay/sources';
import { readStretch, type Ingested } from '../../read-batch.ts';

/** Makes what lines said durable. Rejected when they have to come again. */
export type Deliver = (ingested: Ingested) => Promise<void>;

export interface AuditFileOptions {
  /** Of the file, or `NAME=PATH`. */
  readonly path: string;
  /** Of one that is followed, other logs that are followed by themselves. */
  readonly others?: readonly string[];
  /** Of one that is finished, what files beside it tell of it. */
  readonly place?: PlaceInLog;
  readonly positions: Positions;
  readonly deliver: Deliver;
  readonly signal: AbortSignal;
  /** Told of every batch of lines that is durable. */
  readonly onLines?: (lines: number) => void;
}

/**
 * Reads a log that is finished to its end. One that was read to its end before, and has not changed, is not read again.
 *
 * @throws the file system's error for a file that cannot be read.
 */
export async function readAuditFile(options: AuditFileOptions): Promise<void> {
  await take(readLog(logFileOf(options.path), { ...options, bare: isAuditEvent }), options);
}

/**
 * Reads a log that grows and rotates, from the place that it was read to, until the signal is aborted.
 *
 * A place is remembered when the lines before it are durable, so lines may come again after a crash and none is lost.
 */
export const followAuditFile = (options: AuditFileOptions): Promise<void> =>
  take(followLog(logFileOf(options.path), { ...options, bare: isAuditEvent }), options);

async function take(
  stretches: AsyncIterable<Stretch>,
  { deliver, onLines }: AuditFileOptions,
): Promise<void> {
  const memory = new SourceMemory();
  for await (const stretch of stretches) {
    const { source, noted } = stretch;
    const lines = stretch.to - stretch.from;
    if (noted !== undefined) memory.recall(source, noted);
    if (lines > 0 || stretch.unreadable !== undefined) await deliver(readStretch(stretch, memory));
    await stretch.keep(memory.timesIn(source));
    onLines?.(lines);
  }
}
