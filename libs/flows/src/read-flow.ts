import { entriesIn, isFields, type Entry, type Fields } from '@margay/ground';
import type { FlowFormat } from './formats/format.ts';
import { FLOW_FORMATS } from './formats/formats.ts';
import { unusable, type FlowReading } from './reading.ts';

/** Whether a value is a record of a flow log, however amiss. */
export const isFlowRecord =
  (formats: readonly FlowFormat[] = FLOW_FORMATS) =>
  (value: Fields): boolean =>
    formats.some((format) => format.recognises(value));

/** Reads a text: one record or many, in whatever lines and envelopes. Never throws. */
export const readFlowText = (text: string, formats: readonly FlowFormat[] = FLOW_FORMATS): FlowReading[] =>
  entriesIn(text, isFlowRecord(formats)).map((entry) => readFlow(entry, formats));

/** Reads one entry of a flow log, whose format it finds out. Never throws. */
export function readFlow(entry: Entry, formats: readonly FlowFormat[] = FLOW_FORMATS): FlowReading {
  switch (entry.kind) {
    case 'value': {
      const record = entry.value;
      if (!isFields(record)) return unusable('not-a-flow', notAFlow(formats));
      const format = formats.find((each) => each.recognises(record));
      return format === undefined ? unusable('not-a-flow', notAFlow(formats)) : format.read(record);
    }
    case 'elsewhere':
      return { kind: 'ignored', reason: 'other-log' };
    case 'unread':
      return unusable(entry.reason === 'too-long' ? 'too-long' : 'not-a-flow', entry.message);
    case 'text':
      return unusable('not-json', `Not JSON: ${entry.problem} (${entry.text.toString()}).`);
  }
}

const notAFlow = (formats: readonly FlowFormat[]) =>
  `It is a record of no flow log that is known: ${formats.map(({ title, recognisedBy }) => `${title} have ${recognisedBy}`).join('; ')}.`;
