import { isFields } from '@margay/ground';
import type { FlowFormat } from './formats/format.ts';
import { FLOW_FORMATS } from './formats/formats.ts';
import { unusable, type FlowReading } from './reading.ts';

/** Reads one line of a flow log, whose format it finds out. Never throws. An empty line gives undefined. */
export function readFlow(
  line: string,
  formats: readonly FlowFormat[] = FLOW_FORMATS,
): FlowReading | undefined {
  if (line.trim() === '') return undefined;
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    return unusable('not-json', `Not JSON (${(error as Error).message.slice(0, 120)}): ${line.slice(0, 80)}`);
  }
  if (!isFields(record)) return unusable('not-a-flow', notAFlow(formats));
  const format = formats.find((each) => each.recognises(record));
  return format === undefined ? unusable('not-a-flow', notAFlow(formats)) : format.read(record);
}

const notAFlow = (formats: readonly FlowFormat[]) =>
  `It is a record of no flow log that is known: ${formats.map(({ title, recognisedBy }) => `${title} have ${recognisedBy}`).join('; ')}.`;
