import {
  CHANGE_TOPICS,
  coverageMarks,
  EVIDENCE_GROUP,
  FLOW_TOPICS,
  type ReportWindow,
} from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import type { Instant } from '@margay/ground';
import { endsOfTopics, untilHandled, type Bus } from '@margay/messaging';
import { isOfTraffic, type GlobalReportSpec, type ReportTypeSpec } from '@margay/reports';

/** How evidence is waited for. */
export interface EvidenceWait {
  readonly bus: Bus;
  readonly now: () => Instant;
  /** The longest wait. */
  readonly limitMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until everything that was published when it was called, and that the window's report reads, is in the stores; within the
 * limit.
 *
 * @returns what is not when the limit is over; undefined where all is.
 * @throws what the bus threw, or what the signal was aborted with.
 */
export async function awaitEvidence(
  { spec, typeSpec }: Pick<ReportWindow, 'spec' | 'typeSpec'>,
  { bus, now, limitMilliseconds, signal }: EvidenceWait,
): Promise<Unapplied | undefined> {
  const ofTraffic = isOfTraffic({
    spec: spec as GlobalReportSpec,
    ...(typeSpec !== undefined && { typeSpec: typeSpec as ReportTypeSpec }),
  });
  const before = now();
  const left = async (topics: readonly string[]) =>
    untilHandled(bus, EVIDENCE_GROUP, await endsOfTopics(bus, topics), { signal, limitMilliseconds });
  const [changes, flows] = await Promise.all([
    left([...CHANGE_TOPICS, coverageMarks.name]),
    left(ofTraffic ? FLOW_TOPICS : []),
  ]);
  return changes + flows === 0 ? undefined : { before, changes, flows };
}
