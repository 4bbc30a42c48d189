import { flowSource, markOf, type CoverageMark } from '@margay/coverage';
import { readFlow, type Flow, type FlowFormat, type FlowReading } from '@margay/flows';
import type { Stretch } from '@margay/sources';

/** A record of a flow log as it was read, and its position in the source. */
export interface FlowText {
  readonly text: string;
  readonly position: number;
  /** Set, with an empty text, where there was something that can never be read: how big it was, and what to do. */
  readonly unusable?: string;
}

/** All that some texts of one source say, and the mark that says what became of each of them. */
export interface ReadFlows {
  /** As they were told, one for each record. */
  readonly flows: readonly Flow[];
  readonly mark: CoverageMark;
}

/**
 * Reads texts of one source, in ascending positions. Never throws.
 *
 * @param formats those that there are unless given.
 */
export function readFlows(
  source: string,
  texts: readonly FlowText[],
  formats?: readonly FlowFormat[],
): ReadFlows {
  const reads = texts.flatMap(({ text, position, unusable }) => {
    const reading: FlowReading | undefined =
      unusable === undefined
        ? readFlow(text, formats)
        : { kind: 'unusable', reason: 'too-long', message: unusable };
    return reading === undefined ? [] : [{ position, reading }];
  });
  const from = texts[0]?.position ?? 0;
  const to = (texts.at(-1)?.position ?? from - 1) + 1;
  return {
    flows: reads.flatMap(({ reading }) => (reading.kind === 'flow' ? [reading.flow] : [])),
    mark: markOf(flowSource(source), from, to, reads),
  };
}

/** What some lines of a flow log say. */
export function readFlowStretch({ source, lines, unreadable }: Stretch): ReadFlows {
  if (unreadable !== undefined) {
    const { line: position, message } = unreadable;
    const reading = { kind: 'unusable', reason: 'unreadable', message } as const;
    return { flows: [], mark: markOf(flowSource(source), position, position, [{ position, reading }]) };
  }
  const texts = lines.map(({ text, number, tooLong }) => ({
    text,
    position: number,
    ...(tooLong !== undefined && { unusable: `A line of ${tooLong} bytes is longer than what is read.` }),
  }));
  return readFlows(source, texts);
}
