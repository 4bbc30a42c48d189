import { markOf, type CoverageMark } from '@margay/coverage';
import { changesIn, type Change, type PolicyEvent } from '@margay/history';
import type { Line, Stretch } from '@margay/sources';
import type { RawText } from './sources/raw-text.ts';
import { readRawText } from './sources/read-raw-text.ts';

/** All that some texts of one source say, and the mark that says what became of each of them. */
export interface Ingested {
  readonly changes: readonly Change[];
  readonly policyEvents: readonly PolicyEvent[];
  readonly mark: CoverageMark;
}

/** Reads texts of one source, in ascending positions. Never throws. */
export function readBatch(source: string, texts: readonly RawText[]): Ingested {
  const changes: Change[] = [];
  const policyEvents: PolicyEvent[] = [];
  const reads = texts.flatMap((text) =>
    readRawText(text).map((reading) => ({ position: text.origin.position, reading })),
  );
  for (const { reading } of reads) {
    changes.push(...changesIn(reading));
    if (reading.kind !== 'unusable' && reading.policyEvent) policyEvents.push(reading.policyEvent);
  }
  const from = texts[0]?.origin.position ?? 0;
  const to = (texts.at(-1)?.origin.position ?? from - 1) + 1;
  return { changes, policyEvents, mark: markOf(source, from, to, reads) };
}

/** What some lines of a log say. */
export function readStretch({ source, lines, unreadable }: Stretch): Ingested {
  if (unreadable === undefined) return readBatch(source, textsOfLines(source, lines));
  const { line, message } = unreadable;
  return { changes: [], policyEvents: [], mark: unreadableMark(source, line, message) };
}

/** The lines of a log as texts of a source. A line that was too long to be kept is a text that cannot be used. */
export function textsOfLines(source: string, lines: readonly Line[]): RawText[] {
  return lines.map(({ text, number, tooLong }) => ({
    text,
    origin: { source, position: number },
    ...(tooLong !== undefined && { unusable: { reason: 'line-too-long', sizeBytes: tooLong } }),
  }));
}

/** The mark of a place in a source from which on something could not be read. */
function unreadableMark(source: string, position: number, message: string): CoverageMark {
  return markOf(source, position, position, [
    { position, reading: { kind: 'unusable', reason: 'unreadable', message } },
  ]);
}
