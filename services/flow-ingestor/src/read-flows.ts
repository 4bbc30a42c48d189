import { flowSource, markOf, type CoverageMark } from '@margay/coverage';
import { readFlow, readFlowText, type Flow, type FlowFormat, type FlowReading } from '@margay/flows';
import type { Stretch, TopicLoss } from '@margay/sources';

/** A text with records of a flow log in it, in whatever envelope, and its position in the source. */
export interface FlowText {
  readonly text: string;
  readonly position: number;
  /** Set where something else, or what followed, can never be read: why, and what to do. */
  readonly unreadable?: string;
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
  const reads = texts.flatMap(({ text, position, unreadable }) => {
    const readings = readFlowText(text, formats);
    if (unreadable !== undefined)
      readings.push({ kind: 'unusable', reason: 'unreadable', message: unreadable });
    return readings.map((reading) => ({ position, reading }));
  });
  const from = texts[0]?.position ?? 0;
  const to = (texts.at(-1)?.position ?? from - 1) + 1;
  return readFlowsOf(source, from, to, reads);
}

/** What some lines of a flow log say. */
export function readFlowStretch({ goesOnFrom, ...stretch }: Stretch): ReadFlows {
  const { flows, mark } = flowsIn(stretch);
  return {
    flows,
    mark: { ...mark, ...(goesOnFrom !== undefined && { goesOnFrom: flowSource(goesOnFrom) }) },
  };
}

function flowsIn({ source, from, to, entries, unreadable }: Omit<Stretch, 'goesOnFrom'>): ReadFlows {
  if (unreadable !== undefined) {
    const { line: position, message } = unreadable;
    const reading = { kind: 'unusable', reason: 'unreadable', message } as const;
    return readFlowsOf(source, position, position, [{ position, reading }]);
  }
  const reads = entries.map((entry) => ({ position: entry.line, reading: readFlow(entry) }));
  return readFlowsOf(source, from, to, reads);
}

/** What a source does not tell, in a place of which nobody knows what it held. */
export function lostFlows(
  source: string,
  { from, to, reason, message }: Omit<TopicLoss, 'source'>,
): ReadFlows {
  return readFlowsOf(source, from, to, [
    { position: from, reading: { kind: 'unusable', reason, message } as const },
  ]);
}

const readFlowsOf = (
  source: string,
  from: number,
  to: number,
  reads: readonly { readonly position: number; readonly reading: FlowReading }[],
): ReadFlows => ({
  flows: reads.flatMap(({ reading }) => (reading.kind === 'flow' ? [reading.flow] : [])),
  mark: markOf(flowSource(source), from, to, reads),
});
