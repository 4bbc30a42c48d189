import type { ReportHeader } from '@margay/reports';

type Summaries = Pick<ReportHeader, 'endpointsSummary' | 'namespacesSummary'>;

type Counts = Summaries['namespacesSummary'];

/** Of those that are not known nothing is said; reports of older releases have no such count. */
const unprotectedIngress = (it: Counts): number =>
  it.numTotal - it.numIngressProtected - (it.numNotKnownIngressProtected ?? 0);
const unprotectedEgress = (it: Counts): number =>
  it.numTotal - it.numEgressProtected - (it.numNotKnownEgressProtected ?? 0);

/** What may get worse from one window to the next: a count of which more is worse. Adding a rule is a line here. */
export const REGRESSIONS: Readonly<Record<string, (summaries: Summaries) => number>> = {
  'endpoints-ingress-unprotected': ({ endpointsSummary }) => unprotectedIngress(endpointsSummary),
  'endpoints-egress-unprotected': ({ endpointsSummary }) => unprotectedEgress(endpointsSummary),
  'endpoints-ingress-from-internet': ({ endpointsSummary: it }) => it.numIngressFromInternet,
  'endpoints-egress-to-internet': ({ endpointsSummary: it }) => it.numEgressToInternet,
  'namespaces-ingress-unprotected': ({ namespacesSummary }) => unprotectedIngress(namespacesSummary),
  'namespaces-egress-unprotected': ({ namespacesSummary }) => unprotectedEgress(namespacesSummary),
};

/** A rule by which a later report is worse. */
export interface Regression {
  readonly rule: string;
  readonly before: number;
  readonly after: number;
}

/** The rules of these by which the later report is worse than the earlier. */
export const regressionsBetween = (
  earlier: Summaries,
  later: Summaries,
  rules: readonly string[],
): Regression[] =>
  rules
    .map((rule) => ({ rule, before: REGRESSIONS[rule]!(earlier), after: REGRESSIONS[rule]!(later) }))
    .filter(({ before, after }) => after > before);
