import {
  deliveriesOf,
  evidenceFor,
  leftOpenFor,
  listingsIn,
  type CoverageMark,
  type Delivery,
  type Doubt,
  type Repeats,
  type Unapplied,
} from '@margay/coverage';
import type { Contact } from '@margay/flows';
import type { Instant, Window } from '@margay/ground';
import type { PolicyEvent, Version } from '@margay/history';
import type { ReportInput } from './compute-report.ts';
import type { GlobalReport } from './global-report.ts';
import { reportType } from './report-types.ts';

/** Which report is asked for: of what, where and when. */
export interface AskedReport extends Pick<GlobalReport, 'name' | 'spec' | 'typeSpec'> {
  /** The cluster's name. */
  readonly cluster: string;
  readonly window: Window;
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
}

/** All that is known of a cluster's time, wherever it is kept: at least what touches the window. */
export interface KnownEvidence {
  /** At least those of `versionsWindow`. */
  readonly versions: Iterable<Version>;
  /** At least those of `auditWindow`. */
  readonly policyEvents: Iterable<PolicyEvent>;
  readonly flows: Iterable<Contact>;
  /** What sources delivered, of audit events and of flows. */
  readonly marks: readonly CoverageMark[];
  /** What every source delivered, for the window; it follows from the marks where they are all there. */
  readonly deliveries?: readonly Delivery[];
  readonly repeats: readonly Repeats[];
  /** When the cluster was born, where the evidence holds it. */
  readonly birth?: Instant;
  /** What was delivered before and is in none of these; nothing unless given. */
  readonly unapplied?: Unapplied;
}

/** Whether who talked to whom is part of the report. */
export const isOfTraffic = ({ spec, typeSpec }: Pick<AskedReport, 'spec' | 'typeSpec'>): boolean =>
  (typeSpec ?? reportType(spec.reportType).spec).includeEndpointFlowLogData;

/** Whether who did what is what the report lists. */
export const isOfTrail = ({ spec, typeSpec }: Pick<AskedReport, 'spec' | 'typeSpec'>): boolean =>
  (typeSpec ?? reportType(spec.reportType).spec).auditEventsSelection.resources.length > 0;

/**
 * What a report is computed from, whoever computes it: the command line from logs, a worker from stores. The same evidence
 * gives the same input, and so the same report with the same digest.
 */
export function reportInput(asked: AskedReport, known: KnownEvidence): ReportInput {
  const { name, spec, typeSpec, cluster, window, privateNetworks } = asked;
  const {
    versions,
    policyEvents,
    flows,
    marks,
    repeats,
    deliveries = deliveriesOf(marks, window.end),
    birth,
    unapplied,
  } = known;
  const [ofTraffic, ofTrail] = [isOfTraffic(asked), isOfTrail(asked)];
  const delivered = {
    deliveries,
    ...(birth !== undefined && { birth }),
    ...(unapplied && { unapplied }),
  };
  return {
    name,
    spec,
    ...(typeSpec !== undefined && { typeSpec }),
    cluster,
    window,
    ...(privateNetworks !== undefined && { privateNetworks }),
    versions,
    policyEvents,
    flows,
    evidence: evidenceFor(marks, repeats, window, { ...delivered, ofTraffic, ofTrail }),
    ...leftOpen(marks, window, delivered),
  };
}

/** What is known of the sources' deliveries beside their marks. */
interface Delivered {
  /** What every source delivered, for the window; it follows from the marks where they are all there. */
  readonly deliveries?: readonly Delivery[];
  /** When the cluster was born, where the evidence holds it. */
  readonly birth?: Instant;
  readonly unapplied?: Unapplied;
}

/** What the sources leave open of a window, and what settles it: the same for a report, a timeline and the cluster at an instant. */
export function leftOpen(
  marks: readonly CoverageMark[],
  window: Window,
  { deliveries = deliveriesOf(marks, window.end), ...beside }: Delivered,
): Pick<ReportInput, 'listings' | 'watched'> & { readonly doubts: readonly Doubt[] } {
  const listings = listingsIn(deliveries).filter(({ at }) => at < window.end);
  const { doubts, watches } = leftOpenFor(marks, window, { deliveries, ...beside });
  return { doubts, ...(listings.length > 0 && { listings }), watched: watches };
}
