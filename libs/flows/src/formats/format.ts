import type { Fields } from '@margay/ground';
import type { FlowReading } from '../reading.ts';

/** One kind of flow log: JSON objects, one a line. */
export interface FlowFormat {
  /** A word in lower case. */
  readonly name: string;
  /** What its logs are called, in a sentence: “Calico flow logs”. */
  readonly title: string;
  /** For the documents: who writes such logs, and what of them is used. */
  readonly description: string;
  /** For the documents and for messages: what a line is recognised by. */
  readonly recognisedBy: string;
  /** Whether a line is one of this format, however amiss it may be. The first format of the list that says so reads it. */
  recognises(record: Fields): boolean;
  /** What the line says. Never throws. */
  read(record: Fields): FlowReading;
}
