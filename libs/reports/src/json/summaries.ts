import { type Fields, isFields, list } from '@margay/ground';
import type { EndpointRow, NamespaceRow, ProtectionChangeRow, ServiceRow } from '../report.ts';
import { protectionSummary } from '../rows/protection.ts';
import { endpointsSummary, namespacesSummary, servicesSummary } from '../rows/summaries.ts';

/**
 * What is wrong with the summaries of a report whose digest is right: a count that its rows do not make; undefined where there is nothing.
 * Two things do not follow from rows: how many service accounts there were, and as what each audit event counts.
 */
export function summariesProblem(report: Fields): string | undefined {
  const made = Object.entries(summariesOf(report));
  for (const [name, counts] of made) {
    const said = report[name];
    // Reports of older releases lack summaries and counts that came later.
    if (!isFields(said)) continue;
    for (const [count, is] of Object.entries(counts))
      if (said[count] !== undefined && said[count] !== is)
        return `${name}.${count} says ${JSON.stringify(said[count])}, and its rows make ${is}`;
  }
  return undefined;
}

function summariesOf(report: Fields): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const { numServiceAccounts: _, ...endpoints } = endpointsSummary(
    rowsOf<EndpointRow>(report, 'endpoints'),
    new Set(),
  );
  return {
    endpointsSummary: endpoints,
    namespacesSummary: { ...namespacesSummary(rowsOf<NamespaceRow>(report, 'namespaces')) },
    servicesSummary: { ...servicesSummary(rowsOf<ServiceRow>(report, 'services')) },
    protectionSummary: { ...protectionSummary(rowsOf<ProtectionChangeRow>(report, 'protectionChanges')) },
    auditSummary: {
      numTotal: list(report['auditEvents']).length,
      numRefused: list(report['refusedPolicyWrites']).length,
      numUnsettled: list(report['unsettledPolicyWrites']).length,
    },
  };
}

/** Rows as they are; what a row of an older release does not say is known. */
const rowsOf = <T>(report: Fields, kind: string): T[] =>
  list(report[kind]).map((row) => {
    const fields = isFields(row) ? row : {};
    return { ...fields, notKnown: list(fields['notKnown']) } as T;
  });
