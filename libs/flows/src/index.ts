/**
 * Flows: who talked to whom, as flow logs tell it.
 *
 * A *flow* is one record of a log; a *contact* is what is left of flows when it no longer matters which node told them.
 * A *format* is one kind of log, in a file of its own and in one list, `FLOW_FORMATS`: what a line is recognised by, how it
 * is read, and what documents and the command line say of it. This library does no I/O and never asks the time.
 */
export { flowOf, type Contact, type Flow, type FlowEnd } from './flow.ts';
export type { FlowReading } from './reading.ts';
export { isFlowRecord, readFlow, readFlowText } from './read-flow.ts';
export type { FlowFormat } from './formats/format.ts';
export { FLOW_FORMATS, titlesOf } from './formats/formats.ts';
export { covers, flowKey, mergeFlows, withTime, type Seen } from './merge.ts';
export { contactText, joiner, type ContactTime } from './contacts.ts';
