import type { ReportHeader } from '@margay/reports';

type Summaries = Pick<ReportHeader, 'endpointsSummary' | 'namespacesSummary'>;

/** What may get worse from one window to the next: a count of which more is worse. Adding a rule is a line here. */
export const REGRESSIONS: Readonly<Record<string, (summaries: Summaries) => number>> = {
  'endpoints-ingress-unprotected': ({ endpointsSummary: it }) => it.numTotal - it.numIngressProtected,
  'endpoints-egress-unprotected': ({ endpointsSummary: it }) => it.numTotal - it.numEgressProtected,
  'endpoints-ingress-from-internet': ({ endpointsSummary: it }) => it.numIngressFromInternet,
  'endpoints-egress-to-internet': ({ endpointsSummary: it }) => it.numEgressToInternet,
  'namespaces-ingress-unprotected': ({ namespacesSummary: it }) => it.numTotal - it.numIngressProtected,
  'namespaces-egress-unprotected': ({ namespacesSummary: it }) => it.numTotal - it.numEgressProtected,
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
