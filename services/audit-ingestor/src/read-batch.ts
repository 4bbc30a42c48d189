import { markOf, type CoverageMark } from '@margay/coverage';
import {
  SourceMemory,
  readEntry,
  type Change,
  type ObjectList,
  type PolicyEvent,
  type Reading,
} from '@margay/history';
import type { Line, Stretch, TopicLoss } from '@margay/sources';
import type { RawText } from './sources/raw-text.ts';
import { readRawText } from './sources/read-raw-text.ts';

/** All that some texts of one source say, and the mark that says what became of each of them. */
export interface Ingested {
  readonly changes: readonly Change[];
  readonly policyEvents: readonly PolicyEvent[];
  readonly mark: CoverageMark;
  /** Where a list of the whole ends with them. */
  readonly listed?: ObjectList;
}

/** Reads texts of one source, in ascending positions. Never throws. @param memory of the source, from batch to batch. */
export function readBatch(source: string, texts: readonly RawText[], memory = new SourceMemory()): Ingested {
  const reads = texts.flatMap((text) =>
    readRawText(text).map((reading) => ({ position: text.origin.position, reading })),
  );
  const from = texts[0]?.origin.position ?? 0;
  const to = (texts.at(-1)?.origin.position ?? from - 1) + 1;
  return ingestedOf(source, from, to, reads, memory);
}

/** What some lines of a log say. @param memory of the log, from stretch to stretch. */
export function readStretch(
  { source, goesOnFrom, from, to, entries, unreadable }: Stretch,
  memory = new SourceMemory(),
): Ingested {
  const order = goesOnFrom === undefined ? {} : { goesOnFrom };
  if (unreadable !== undefined) {
    const { line, message } = unreadable;
    return { changes: [], policyEvents: [], mark: { ...unreadableMark(source, line, message), ...order } };
  }
  const reads = entries.map((entry) => ({
    position: entry.line,
    reading: readEntry(entry, { source, position: entry.line }),
  }));
  const { mark, ...told } = ingestedOf(source, from, to, reads, memory);
  return { ...told, mark: { ...mark, ...order } };
}

function ingestedOf(
  source: string,
  from: number,
  to: number,
  reads: readonly { readonly position: number; readonly reading: Reading }[],
  memory: SourceMemory,
): Ingested {
  const { setBack, ...told } = memory.tell(
    source,
    reads.map(({ reading }) => reading),
  );
  return { ...told, mark: { ...markOf(source, from, to, reads), ...(setBack.length > 0 && { setBack }) } };
}

/** The lines of a log as texts of a source. */
export function textsOfLines(source: string, lines: readonly Line[]): RawText[] {
  return lines.map(({ text, number }) => ({ text, origin: { source, position: number } }));
}

/** What a source does not tell, in a place of which nobody knows what it held. */
export function lossOf(source: string, { from, to, reason, message }: Omit<TopicLoss, 'source'>): Ingested {
  const read = { position: from, reading: { kind: 'unusable', reason, message } as const };
  return { changes: [], policyEvents: [], mark: markOf(source, from, to, [read]) };
}

/** The mark of a place in a source from which on something could not be read. */
function unreadableMark(source: string, position: number, message: string): CoverageMark {
  return markOf(source, position, position, [
    { position, reading: { kind: 'unusable', reason: 'unreadable', message } },
  ]);
}
