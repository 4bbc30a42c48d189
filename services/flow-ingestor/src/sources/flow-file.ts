import { isFlowRecord } from '@margay/flows';
import {
  followLog,
  logFileOf,
  readLog,
  type PlaceInLog,
  type Positions,
  type Stretch,
} from '@margay/sources';
import type { IngestFlows } from '../ingest-flows.ts';
import { readFlowStretch } from '../read-flows.ts';

export interface FlowFileOptions {
  /** Of the file, or `NAME=PATH`. */
  readonly path: string;
  /** Of one that is followed, other logs that are followed by themselves. */
  readonly others?: readonly string[];
  /** Of one that is finished, what files beside it tell of it. */
  readonly place?: PlaceInLog;
  readonly cluster: string;
  readonly positions: Positions;
  readonly ingest: IngestFlows;
  readonly signal: AbortSignal;
}

/**
 * Takes a flow log that is finished, from its beginning to its end; gzip is recognised, `-` is standard input. One that was
 * read to its end before, and has not changed, is not read again.
 *
 * @throws the file system's error for a file that cannot be read.
 */
export async function readFlowFile(options: FlowFileOptions): Promise<void> {
  await take(readLog(logFileOf(options.path), { ...options, bare: isFlowRecord() }), options);
}

/**
 * Takes a flow log file that grows and rotates, from the place that it was read to. A place is remembered when the flows
 * before it are durable.
 *
 * Fulfilled when the signal is aborted, rejected with what the ingestion or the file system threw.
 */
export const followFlowFile = (options: FlowFileOptions): Promise<void> =>
  take(followLog(logFileOf(options.path), { ...options, bare: isFlowRecord() }), options);

async function take(stretches: AsyncIterable<Stretch>, { cluster, ingest }: FlowFileOptions): Promise<void> {
  for await (const stretch of stretches) {
    if (stretch.to > stretch.from || stretch.unreadable !== undefined)
      await ingest(cluster, readFlowStretch(stretch));
    await stretch.keep();
  }
}
