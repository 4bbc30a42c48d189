import { sourceName, type Evidence, type RetiredSource } from '@margay/coverage';
import { formatInstant, isPolicy, sortedOnce, type Window } from '@margay/ground';
import { TWO_CLUSTERS, type Version } from '@margay/history';
import { mayDoMore, PRIVATE_NETWORKS, readPolicy, unreadId } from '@margay/policy';
import { enforcement, type Enforcement } from './enforcement.ts';
import { inOrder, type KnownDoubt, openBehind } from './doubts/played.ts';
import type { NeverSeen } from './named/never-seen.ts';
import { printedVersion } from './printed-version.ts';
import { isValidIn } from './replay/steps.ts';
import { homeOf, type MayHold } from './scope-homes.ts';

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

/** Something that the evidence leaves open, from an instant on, until something settles it. */
export interface ListedDoubt {
  /** By which rows name it. */
  readonly id: string;
  /** As printed: an object, a kind, a kind in a namespace, `everything`. */
  readonly about: string;
  /** Absent where it is as old as the cluster may be. */
  readonly since?: string;
  /** Absent where nothing settled it before the window's end. */
  readonly until?: string;
  readonly reason: string;
  readonly message: string;
  readonly source: string;
  readonly settledBy?: string;
}

/** What a report rests on, and what is uncertain about it. */
export interface ReportEvidence {
  /** Null where whoever asked for the report did not say. */
  readonly sources: Evidence | null;
  /** Objects that were first seen within the window, but not at their creation: they may have lived in it before. */
  readonly firstSeenInMidLife: NamedObjects;
  /** What existed, since evidence names it, and was not seen up to the window's end: in no row. */
  readonly neverSeen: NeverSeen;
  /** Objects whose end was concluded from another's: their namespace, definition or service went, or their name was reused. */
  readonly endedByInference: NamedObjects;
  readonly unreadPolicies: { readonly total: number; readonly problems: readonly UnreadPolicy[] };
  /** What the evidence leaves open of the window: all are counted, the oldest `NAMES_MAX` listed. */
  readonly doubts: { readonly total: number; readonly listed: readonly ListedDoubt[] };
  readonly enforcement: Enforcement;
  /** Networks that do not count as the internet. */
  readonly privateNetworks: readonly string[];
  /** Namespaces that the scope names and that nothing in the window is of: misspelt, perhaps. Sorted. */
  readonly unseenNamespaces: readonly string[];
  /** Sentences on how services were found out, where this is less than certain, on sources that are retired, and on what the scope names in vain. */
  readonly notes: readonly string[];
}

/** What is known besides the versions. */
interface Beside {
  /** Versions of what plugins are set up by. */
  readonly settings?: readonly Version[];
  readonly sources?: Evidence | undefined;
  readonly doubts?: readonly KnownDoubt[];
  readonly neverSeen?: NeverSeen;
  readonly privateNetworks?: readonly string[] | undefined;
  /** Whether a namespace may hold endpoints of the report; any may unless given. */
  readonly mayHold?: MayHold | undefined;
  /** Ids of doubts that rows of the report name. */
  readonly inRows?: ReadonlySet<string>;
  /** Those that the scope names. */
  readonly namespaces?: readonly string[] | undefined;
  /** Who talked to whom is part of the report. */
  readonly ofTraffic?: boolean;
}

/** What a report about traffic says where no source tells of it. */
export const NO_FLOWS = 'No flow log was given: who talked to whom is not known.';

/** What the versions of the window say about themselves, and what is not known of them. */
export function reportEvidence(
  versions: readonly Version[],
  window: Window,
  {
    settings = [],
    sources,
    doubts: known = [],
    neverSeen = { total: 0, numEndpoints: 0, numNotKept: 0, listed: [] },
    privateNetworks = PRIVATE_NETWORKS,
    mayHold = () => true,
    inRows = new Set(),
    namespaces = [],
    ofTraffic = false,
  }: Beside = {},
): ReportEvidence {
  const valid = versions.filter((version) => isValidIn(version, window));
  const unseen = unseenNamespaces(namespaces, valid);
  const concerns = (home: string | undefined) => home === undefined || mayHold(home);
  const own = valid.filter((version) => concerns(homeOf(version)));
  const unread = unreadPolicies(own);
  const doubts = inOrder(
    [...known, ...unread.doubts].filter(({ id, home }) => concerns(home) || inRows.has(id)),
  ).map((doubt) => openBehind(doubt, window));
  return {
    sources:
      sources === undefined
        ? null
        : withDoubts(
            sources,
            doubts.filter(({ isOfSources }) => isOfSources !== true),
          ),
    firstSeenInMidLife: namedObjects(
      own.filter(({ seenMidLife, validFrom }) => seenMidLife === true && validFrom > window.start),
    ),
    neverSeen,
    endedByInference: namedObjects(
      own.filter(
        ({ endedBy, validTo = Infinity }) =>
          endedBy !== undefined && endedBy !== 'event' && validTo < window.end,
      ),
    ),
    unreadPolicies: unread.policies,
    doubts: { total: doubts.length, listed: doubts.slice(0, NAMES_MAX).map(listedDoubt) },
    enforcement: enforcement(valid, settings, window),
    privateNetworks,
    unseenNamespaces: unseen,
    notes: [
      ...notes(valid),
      ...(ofTraffic && sources?.flows.sources.length === 0 ? [NO_FLOWS] : []),
      ...(sources?.retired ?? []).map(retiredWords),
      ...unseen.map((name) => `The scope names the namespace ${name}, and nothing in the window is of it.`),
    ],
  };
}

const ended = (sentence: string): string => `${sentence}${/[.!?]$/.test(sentence) ? '' : '.'}`;

/** Who said that a source is out of service, and what follows. */
const retiredWords = ({ source, of, from, said, by, because, toldAgain, takenBack }: RetiredSource): string =>
  `${of === 'flows' ? 'The flow log ' : ''}${source} was retired: ${by} said at ${said} that it tells nothing from ${from} on: ${ended(because)} ${
    takenBack !== undefined
      ? `${takenBack.by} took that back at ${takenBack.said}, so its silence counts as ever: ${ended(takenBack.because)}`
      : toldAgain === true
        ? 'It told something afterwards, so its silence counts as ever.'
        : 'Its silence from then on is not counted as a gap where others tell.'
  }`;

/** Sources are not complete while something that they should have told is not known. */
function withDoubts(sources: Evidence, doubts: readonly KnownDoubt[]): Evidence {
  const count = doubts.length;
  if (count === 0) return sources;
  const ofTwo = doubts.filter(({ reason }) => reason === TWO_CLUSTERS).map(({ message }) => message);
  const sentence =
    count === 1
      ? 'One thing is not known for some of the window: see the doubts.'
      : `${count} things are not known for some of the window: see the doubts.`;
  return { ...sources, complete: false, reasons: [...ofTwo, ...sources.reasons, sentence] };
}

/** A doubt as it is listed. */
export function listedDoubt({ since, until, isOfSources: _, home: __, ...doubt }: KnownDoubt): ListedDoubt {
  return {
    ...doubt,
    // As sources are printed: the same log is the same source, however it was read.
    source: sourceName(doubt.source),
    ...(since !== undefined && { since: formatInstant(since) }),
    ...(until !== undefined && { until: formatInstant(until) }),
  };
}

function unseenNamespaces(named: readonly string[], versions: readonly Version[]): readonly string[] {
  if (named.length === 0) return [];
  const seen = new Set(
    versions.map(({ resource, namespace, name }) => (resource === 'namespaces' ? name : namespace)),
  );
  return sortedOnce(named.filter((name) => !seen.has(name)));
}

function namedObjects(versions: readonly Version[]): NamedObjects {
  const names = sortedOnce(versions.map(printedVersion));
  return { total: names.length, names: names.slice(0, NAMES_MAX) };
}

/** What could not be understood in policies, and what is not known for it. */
export function unreadPolicies(versions: readonly Version[]): {
  policies: ReportEvidence['unreadPolicies'];
  doubts: readonly KnownDoubt[];
} {
  const found = new Map<string, UnreadPolicy>();
  const doubts = new Map<string, KnownDoubt>();
  for (const version of versions) {
    const policy = isPolicy(version) ? readPolicy(version.content, version) : undefined;
    // Of one whose content is not known there is a doubt already.
    if (policy === undefined || (version.doubt?.may ?? 'be-gone') !== 'be-gone') continue;
    const printed = printedVersion(version);
    for (const { field, message, consequence } of policy.problems)
      found.set(`${printed} ${field} ${message}`, { policy: printed, field, message, consequence });
    if (!mayDoMore(policy)) continue;
    const id = unreadId(version);
    const { validFrom: since, validTo: until } = version;
    const first = doubts.get(id);
    doubts.set(id, {
      id,
      about: printed,
      since: Math.min(first?.since ?? since, since),
      ...(until !== undefined && { until, settledBy: 'what was seen of it then' }),
      reason: 'unread-policy',
      message: policy.problems.map((problem) => `${problem.field}: ${problem.message}`).join('; '),
      source: '',
    });
  }
  const problems = sortedOnce(found.keys()).flatMap((text) => found.get(text) ?? []);
  return {
    policies: { total: problems.length, problems: problems.slice(0, NAMES_MAX) },
    doubts: [...doubts.values()],
  };
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
