import type { Evidence } from '@margay/coverage';
import { at, isPolicy, nonEmptyText, sortedOnce, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import { PRIVATE_NETWORKS, printName, readPolicy } from '@margay/policy';
import { isValidIn } from './replay/steps.ts';

/** How many names a list of the evidence holds; the number beside it counts all. */
export const NAMES_MAX = 200;

/** Some objects, by their printed names. */
export interface NamedObjects {
  readonly total: number;
  /** Sorted; the first `NAMES_MAX`. */
  readonly names: readonly string[];
}

/** Something in a policy that could not be understood, so that the policy may do more than the report counts. */
export interface UnreadPolicy {
  /** As printed. */
  readonly policy: string;
  readonly field: string;
  readonly message: string;
  readonly consequence: string;
}

/** What a report rests on, and what is uncertain about it. */
export interface ReportEvidence {
  /** Null where whoever asked for the report did not say. */
  readonly sources: Evidence | null;
  /** Objects that were first seen within the window, but not at their creation: they may have lived in it before. */
  readonly firstSeenInMidLife: NamedObjects;
  /** Objects whose end was concluded from another's: their namespace, definition or service went, or their name was reused. */
  readonly endedByInference: NamedObjects;
  readonly unreadPolicies: { readonly total: number; readonly problems: readonly UnreadPolicy[] };
  /** Networks that do not count as the internet. */
  readonly privateNetworks: readonly string[];
  /** Sentences on how services were found out, where this is less than certain. */
  readonly notes: readonly string[];
}

/** What the versions of the window say about themselves. `sources` is passed on as it is. */
export function reportEvidence(
  versions: readonly Version[],
  window: Window,
  sources: Evidence | undefined,
  privateNetworks: readonly string[] = PRIVATE_NETWORKS,
): ReportEvidence {
  const valid = versions.filter((version) => isValidIn(version, window));
  return {
    sources: sources ?? null,
    firstSeenInMidLife: namedObjects(
      valid.filter(({ seenMidLife, validFrom }) => seenMidLife === true && validFrom > window.start),
    ),
    endedByInference: namedObjects(
      valid.filter(
        ({ endedBy, validTo = Infinity }) =>
          endedBy !== undefined && endedBy !== 'event' && validTo < window.end,
      ),
    ),
    unreadPolicies: unreadPolicies(valid),
    privateNetworks,
    notes: notes(valid),
  };
}

function namedObjects(versions: readonly Version[]): NamedObjects {
  const names = sortedOnce(versions.map(printedVersion));
  return { total: names.length, names: names.slice(0, NAMES_MAX) };
}

/** The object of a version, as reports print it. */
export function printedVersion(version: Version): string {
  const { namespace, name, content } = version;
  const { kind, apiVersion } = content;
  const tier = nonEmptyText(at(content, 'spec', 'tier'));
  return printName({ kind, apiVersion, namespace, name, tier });
}

function unreadPolicies(versions: readonly Version[]): ReportEvidence['unreadPolicies'] {
  const found = new Map<string, UnreadPolicy>();
  for (const version of versions) {
    if (!isPolicy(version)) continue;
    for (const { field, message, consequence } of readPolicy(version.content, version)?.problems ?? []) {
      const policy = printedVersion(version);
      found.set(`${policy} ${field} ${message}`, { policy, field, message, consequence });
    }
  }
  const problems = sortedOnce(found.keys()).flatMap((text) => found.get(text) ?? []);
  return { total: problems.length, problems: problems.slice(0, NAMES_MAX) };
}

function notes(versions: readonly Version[]): string[] {
  const seen = new Set(versions.map(({ resource, group }) => `${resource}.${group}`));
  const found = [
    'Services hold an endpoint while it is ready in one of their EndpointSlices or, without slices, their Endpoints object.',
  ];
  if (seen.has('services.') && !seen.has('endpointslices.discovery.k8s.io')) {
    found.push(
      seen.has('endpoints.')
        ? 'No EndpointSlices were seen, so services rest on Endpoints objects.'
        : 'Neither EndpointSlices nor Endpoints were seen, so services rest on their selectors, whether or not a pod was ready.',
    );
  }
  return found;
}
