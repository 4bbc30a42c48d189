import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Instant } from '@margay/ground';

export type FlowEndType = 'pod' | 'hostEndpoint' | 'networkSet' | 'network';

/** One end of a flow, as precise as the flow log is. */
export interface FlowEnd {
  readonly type: FlowEndType;
  /** Empty where the end is in no namespace. */
  readonly namespace: string;
  /** A pod's name or its prefix with `*`, a host's, a set's; `pub` or `pvt` for addresses outside the cluster. */
  readonly name: string;
  /** True for `web-54c9f7f49f-*`: any pod of that prefix. */
  readonly nameIsPrefix: boolean;
}

/** That one end talked to another over `[startAt, endAt)`, whichever node told it. */
export interface Contact {
  readonly startAt: Instant;
  /** After `startAt`: something that begins and ends at once lasts for that instant. */
  readonly endAt: Instant;
  readonly action: 'allow' | 'deny';
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
}

/** A contact, as a node reported it: the one record of flows from the line of a log to a report. */
export interface Flow extends Contact {
  /** Deterministic: the same record has the same id. */
  readonly id: string;
  /** Which end's node reported it: the same connection can be reported by both. */
  readonly reporter: 'src' | 'dst' | 'fwd';
}

/** The flow that says this; its id follows from everything else in it. */
export function flowOf({
  startAt,
  endAt: end,
  reporter,
  action,
  source,
  destination,
}: Omit<Flow, 'id'>): Flow {
  const endAt = Math.max(end, startAt + 1);
  const said = JSON.stringify({ startAt, endAt, reporter, action, source, destination });
  const id = bytesToHex(sha256(utf8ToBytes(said))).slice(0, 32);
  return { id, startAt, endAt, reporter, action, source, destination };
}
