import { isAuditEvent, SourceMemory } from '@margay/history';
import { followLog, logFileOf, placesInLogs, readLog, type Positions, type Stretch } from '@margay/sources';
import { readStretch, type Ingested } from '../../read-batch.ts';

/** Makes what lines said durable. Rejected when they have to come again. */
export type Deliver = (ingested: Ingested) => Promise<void>;

export interface AuditFileOptions {
  /** Of the file, or `NAME=PATH`. */
  readonly path: string;
  /** Other logs, which are read by themselves. */
  readonly others?: readonly string[];
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
  const file = logFileOf(options.path);
  const place = (await placesInLogs([file, ...(options.others ?? []).map(logFileOf)])).get(file.path);
  await take(readLog(file, { ...options, place, bare: isAuditEvent }), options);
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
    const lines = stretch.to - stretch.from;
    if (lines > 0 || stretch.unreadable !== undefined) await deliver(readStretch(stretch, memory));
    await stretch.keep();
    onLines?.(lines);
  }
}
