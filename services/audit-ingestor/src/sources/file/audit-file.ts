import { stat } from 'node:fs/promises';
import { CutShort, followLines, readLines, type Line, type Positions } from '@margay/sources';
import { readBatch, textsOfLines, unreadableMark, type Ingested } from '../../read-batch.ts';

/** Makes what lines said durable. Rejected when they have to come again. */
export type Deliver = (ingested: Ingested) => Promise<void>;

export interface AuditFileOptions {
  readonly path: string;
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
export async function readAuditFile({
  path,
  positions,
  deliver,
  signal,
  onLines,
}: AuditFileOptions): Promise<void> {
  const { ino: inode, size } = path === '-' ? { ino: 0, size: 0 } : await stat(path);
  const before = path === '-' ? undefined : await positions.get(path);
  if (before?.inode === inode && before.byte === size) return;
  let line = 0;
  try {
    for await (const lines of readLines(path)) {
      if (signal.aborted) return;
      await deliver(readBatch(path, textsOfLines(path, lines)));
      line = lines.at(-1)?.number ?? line;
      onLines?.(lines.length);
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    await deliver({
      changes: [],
      policyEvents: [],
      mark: unreadableMark(path, line + 1, `The file ends too early: ${error.message}. Copy it again.`),
    });
  }
  if (path !== '-') await positions.set(path, { generation: 1, inode, line, byte: size });
}

/**
 * Reads a log that grows and rotates, from the place that it was read to, until the signal is aborted.
 *
 * A place is remembered when the lines before it are durable, so lines may come again after a crash and none is lost.
 */
export async function followAuditFile({
  path,
  positions,
  deliver,
  signal,
  onLines,
}: AuditFileOptions): Promise<void> {
  for await (const { lines, cursor, lost } of followLines(path, await positions.get(path), signal)) {
    const source = sourceOf(path, cursor.generation);
    if (lost) {
      const message =
        'The log was rotated away or truncated here; what was written after this line before that is not known.';
      await deliver({
        changes: [],
        policyEvents: [],
        mark: unreadableMark(sourceOf(path, lost.generation), lost.line + 1, message),
      });
    }
    if (lines.length > 0) await deliver(readBatch(source, textsOfLines(source, lines as Line[])));
    await positions.set(path, cursor);
    onLines?.(lines.length);
  }
}

/** A rotation puts another file, with lines of its own, under the log's name. */
const sourceOf = (path: string, generation: number) => (generation === 1 ? path : `${path}#${generation}`);
