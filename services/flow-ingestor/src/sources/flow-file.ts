import type { Log } from '@margay/runtime';
import { followLines, readLines, type Line, type Positions } from '@margay/sources';
import type { IngestFlows } from '../ingest-flows.ts';

export interface FlowFileOptions {
  readonly cluster: string;
  readonly log: Log;
}

/** Takes a flow log file once, from its beginning to its end. `-` is standard input; gzip is recognised. */
export async function readFlowFile(
  path: string,
  ingest: IngestFlows,
  { cluster }: { readonly cluster: string },
) {
  for await (const lines of readLines(path)) await ingest(cluster, `file:${path}`, textsOf(lines));
}

/**
 * Takes a flow log file that grows and rotates, from the place that it was read to. A place is remembered when the flows
 * before it are durable.
 *
 * Fulfilled when the signal is aborted, rejected with what the ingestion or the file system threw.
 */
export async function followFlowFile(
  path: string,
  ingest: IngestFlows,
  positions: Positions,
  signal: AbortSignal,
  { cluster, log }: FlowFileOptions,
): Promise<void> {
  for await (const { lines, cursor, lost } of followLines(path, await positions.get(path), signal)) {
    if (lost)
      log.error('A flow log was rotated away before it was read: flows are lost', { path, after: lost });
    if (lines.length > 0) await ingest(cluster, `file:${path}`, textsOf(lines));
    await positions.set(path, cursor);
  }
}

const textsOf = (lines: readonly Line[]) =>
  lines.map(({ text, tooLong }) => (tooLong === undefined ? text : `a line of ${tooLong} bytes`));
