import { FLAG_NAMES } from '@margay/policy';
import type { GlobalReportSpec } from './global-report.ts';
import type { ReportEvidence } from './evidence.ts';
import type { ReportTypeSpec } from './report-type-spec.ts';
import type { UiSummary } from './ui-summary.ts';

/** `[from, to)` as RFC 3339 texts. */
export interface PrintedInterval {
  readonly from: string;
  readonly to: string;
}

/** When something was so of an endpoint. */
export interface Intervals {
  /** In time order; at most `INTERVALS_MAX`, the earliest. */
  readonly intervals: readonly PrintedInterval[];
  /** How many later intervals are left out. */
  readonly more: number;
}

/** The flags of an endpoint, in the order of columns. */
export const FLAGS = [...FLAG_NAMES, 'envoyEnabled'] as const;

/** The flags of a service, in the order of columns. */
export const SERVICE_FLAGS = [
  'ingressProtected',
  'ingressFromInternet',
  'ingressFromOtherNamespace',
  'envoyEnabled',
] as const satisfies readonly (typeof FLAGS)[number][];

/** How many doubts a row names; the evidence counts all. */
export const DOUBTS_MAX = 20;

/** What the evidence leaves open of a row. */
export interface Open {
  /** Names of the flags of which it is not known whether they hold, in the order of columns; these are false. */
  readonly notKnown: readonly string[];
  /** Ids of doubts that leave something open, sorted; at most `DOUBTS_MAX`. */
  readonly doubts: readonly string[];
}

/** What policies made of an endpoint, a namespace or a service over the window: true where the evidence forces it. */
export interface Exposure {
  /** Always: some policy governed the direction at every instant. */
  readonly ingressProtected: boolean;
  readonly egressProtected: boolean;
  /** Ever: some policy allowed it at some instant. */
  readonly ingressFromInternet: boolean;
  readonly egressToInternet: boolean;
  readonly ingressFromOtherNamespace: boolean;
  readonly egressToOtherNamespace: boolean;
  /** Always: an Envoy sidecar ran in the pod. */
  readonly envoyEnabled: boolean;
}

/**
 * One endpoint that was in scope at some instant of the window. All that is said is about the time in which it existed
 * *and* was in scope. Objects of one name that followed one another are one row.
 */
export interface EndpointRow extends Exposure, Open {
  /** As printed: `Pod.v1(shop/web-1)`, `HostEndpoint(node-1)`. */
  readonly endpoint: string;
  readonly kind: 'Pod' | 'HostEndpoint';
  /** Empty for host endpoints. */
  readonly namespace: string;
  readonly name: string;
  /** Of the objects that had the name, in time order. */
  readonly uids: readonly string[];
  /** First instant certainly in scope; of one that never certainly was, the first at which it may have been. */
  readonly inScopeFrom: string;
  /** End of the last time in scope, in the same sense: the window's end where it still was. */
  readonly inScopeTo: string;
  /** Every policy that certainly applied at some instant, as printed, sorted. */
  readonly appliedPolicies: readonly string[];
  /** Every service that certainly held it at some instant, as printed, sorted. */
  readonly services: readonly string[];
  /** Of the newest object of the name; empty for host endpoints. */
  readonly serviceAccount: string;
  /** How flow logs name it when they aggregate: `web-54c9f7f49f-*`, a bare pod's name, a host endpoint's node. */
  readonly flowLogAggregationName: string;
  /** When a direction was certainly open, while it was in scope. */
  readonly unprotectedIngress: Intervals;
  readonly unprotectedEgress: Intervals;
  /** Those that may have applied, and are not among the applied. */
  readonly possiblePolicies: readonly string[];
  /** Those that may have held it, and are not among the services. */
  readonly possibleServices: readonly string[];
  /** When it is not known whether a direction was protected. */
  readonly notKnownIngress: Intervals;
  readonly notKnownEgress: Intervals;
  /** When it is not known whether it existed and was in scope. */
  readonly notKnownInScope: Intervals;
}

/** One namespace with endpoints in scope. Always = all of its endpoints always; ever = any of them ever. */
export interface NamespaceRow extends Exposure, Open {
  /** As printed: `Namespace.v1(shop)`. */
  readonly namespace: string;
}

/** One service that held endpoints in scope. */
export interface ServiceRow extends Open {
  /** As printed: `Service.v1(shop/web)`. */
  readonly service: string;
  readonly ingressProtected: boolean;
  readonly ingressFromInternet: boolean;
  readonly ingressFromOtherNamespace: boolean;
  readonly envoyEnabled: boolean;
}

/** What the end of a flow is. */
export type FlowKind = 'Pod' | 'HostEndpoint' | 'NetworkSet' | 'GlobalNetworkSet' | 'Public' | 'Private';

/** One end of a flow as reports list it. */
export interface FlowEndpoint {
  readonly kind: FlowKind;
  /** Empty where there is none. */
  readonly namespace: string;
  /** With the star where it is a prefix; empty for `Public` and `Private`. */
  readonly name: string;
  readonly nameIsAggregationPrefix: boolean;
}

/** That traffic was allowed between two, one of them in scope. */
export interface FlowRow {
  readonly source: FlowEndpoint;
  readonly destination: FlowEndpoint;
}

/** What a change of a verdict means for those who want to be protected. */
export type ProtectionEffect = 'protected' | 'exposed' | 'left open' | 'settled';

/** Something that changed at one instant. */
export interface ProtectionCause {
  /** As printed. */
  readonly resource: string;
  readonly what: 'created' | 'first seen' | 'changed' | 'deleted' | 'doubtful';
  /** Who did it, `ana` or `ana as bot`; null where nothing tells. */
  readonly actor: string | null;
}

/** That the verdict on a flag of some endpoints became another at one instant. */
export interface ProtectionChangeRow {
  /** RFC 3339. */
  readonly at: string;
  /** One of the flags of endpoints. */
  readonly flag: string;
  readonly was: 'yes' | 'no' | 'not known';
  readonly is: 'yes' | 'no' | 'not known';
  readonly effect: ProtectionEffect;
  /** What changed at that instant and may be why, sorted by resource. */
  readonly changes: readonly ProtectionCause[];
  /** As printed, sorted; at most `ENDPOINTS_PER_ROW`, with further ones in rows that follow. */
  readonly endpoints: readonly string[];
  /** Ids of the doubts that leave the verdict open; the evidence says what they are. */
  readonly doubts: readonly string[];
}

/** Rows by kind. Audit events are as the API server wrote them. */
export interface ReportRows {
  readonly endpoints: readonly EndpointRow[];
  readonly namespaces: readonly NamespaceRow[];
  readonly services: readonly ServiceRow[];
  /** Writes of policies that were done, in time order. */
  readonly auditEvents: readonly unknown[];
  /** Writes of policies that the API server refused, in time order. */
  readonly refusedPolicyWrites: readonly unknown[];
  /** Writes of policies of which it is not known whether they were done, in time order. */
  readonly unsettledPolicyWrites: readonly unknown[];
  readonly flows: readonly FlowRow[];
  /** In time order. */
  readonly protectionChanges: readonly ProtectionChangeRow[];
}

export type RowKind = keyof ReportRows;

/** The kinds of rows, in the order of the report. */
export const ROW_KINDS: readonly RowKind[] = [
  'endpoints',
  'namespaces',
  'services',
  'auditEvents',
  'refusedPolicyWrites',
  'unsettledPolicyWrites',
  'flows',
  'protectionChanges',
];

export interface EndpointsSummary {
  readonly numTotal: number;
  readonly numServiceAccounts: number;
  readonly numIngressProtected: number;
  readonly numEgressProtected: number;
  readonly numIngressFromInternet: number;
  readonly numEgressToInternet: number;
  readonly numIngressFromOtherNamespace: number;
  readonly numEgressToOtherNamespace: number;
  readonly numEnvoyEnabled: number;
  /** Of how many it is not known; they are in none of the counts above but the total. */
  readonly numNotKnownIngressProtected: number;
  readonly numNotKnownEgressProtected: number;
  readonly numNotKnownIngressFromInternet: number;
  readonly numNotKnownEgressToInternet: number;
  readonly numNotKnownIngressFromOtherNamespace: number;
  readonly numNotKnownEgressToOtherNamespace: number;
  readonly numNotKnownEnvoyEnabled: number;
}

export type NamespacesSummary = Omit<EndpointsSummary, 'numServiceAccounts'>;

export interface ServicesSummary {
  readonly numTotal: number;
  readonly numIngressProtected: number;
  readonly numIngressFromInternet: number;
  readonly numIngressFromOtherNamespace: number;
  readonly numEnvoyEnabled: number;
  readonly numNotKnownIngressProtected: number;
  readonly numNotKnownIngressFromInternet: number;
  readonly numNotKnownIngressFromOtherNamespace: number;
  readonly numNotKnownEnvoyEnabled: number;
}

/** Counts events, not policies. */
export interface AuditSummary {
  readonly numTotal: number;
  readonly numCreate: number;
  /** `update` and `patch`. */
  readonly numModify: number;
  /** `delete` and `deletecollection`. */
  readonly numDelete: number;
  /** Not part of `numTotal`. */
  readonly numRefused: number;
  /** Not part of `numTotal`. */
  readonly numUnsettled: number;
}

/** Counts the instants at which verdicts changed. One may protect some endpoints and expose others. */
export interface ProtectionSummary {
  readonly numTotal: number;
  readonly numProtecting: number;
  readonly numExposing: number;
  /** After which some verdicts are not known. */
  readonly numLeavingOpen: number;
}

/** A report without its rows. The same evidence always gives the same header: there is no time of generation in it. */
export interface ReportHeader {
  readonly reportName: string;
  readonly reportTypeName: string;
  /** The cluster's name; empty where it has none. */
  readonly cluster: string;
  readonly reportSpec: GlobalReportSpec;
  readonly reportTypeSpec: ReportTypeSpec;
  /** RFC 3339; belongs to the window. */
  readonly startTime: string;
  /** RFC 3339; does not belong to the window. */
  readonly endTime: string;
  readonly endpointsSummary: EndpointsSummary;
  readonly namespacesSummary: NamespacesSummary;
  readonly servicesSummary: ServicesSummary;
  readonly auditSummary: AuditSummary;
  readonly protectionSummary: ProtectionSummary;
  readonly evidence: ReportEvidence;
  readonly rowCounts: Readonly<Record<RowKind, number>>;
  /** Of a type of users, what its template made for lists. */
  readonly uiSummary?: UiSummary;
  /** Why nothing was made of that template. */
  readonly uiSummaryProblem?: string;
}

/**
 * Which report over its window a report is. Not in the header and its digest, which speak of the evidence alone: where nothing
 * came between two revisions they have the same digest.
 */
export interface Revision {
  /** From 2 on. */
  readonly revision: number;
  /** The id of the report before it over the same window. */
  readonly supersedes: string;
}

/** A whole report. Each kind of row is there, empty where the type of report has none of it. */
export interface Report extends ReportHeader, ReportRows, Partial<Revision> {
  /** SHA-256 in hex over header and rows; see `digestOf`. */
  readonly digest: string;
}
