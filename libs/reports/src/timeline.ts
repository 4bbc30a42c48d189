import {
  type Instant,
  type Interval,
  joined,
  type Key,
  keyText,
  kindOf,
  resourcesOf,
  type Window,
} from '@margay/ground';
import type { PolicyEvent, Version } from '@margay/history';
import type { EndpointFlags, Explanation, Scope } from '@margay/policy';
import { type Beside, playedFrom } from './doubts/play.ts';
import { standingVersions } from './doubts/standing.ts';
import { printedVersion } from './printed-version.ts';
import { replay } from './replay/replay.ts';
import { timelineEvents, type TimelineEvent } from './timeline-events.ts';

/** The life of one endpoint in a window. */
export interface EndpointTimeline {
  /** As reports print it. */
  readonly endpoint: string;
  /** In time order; two that meet differ in more than their instants. Between others it was no endpoint, or not in scope. */
  readonly spans: readonly TimelineSpan[];
  /** What was done to what it depends on, in time order. */
  readonly events: readonly TimelineEvent[];
}

/** What is known besides the versions: what the sources leave open, too. */
interface TimelineOptions extends Beside {
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
  /** Only while the endpoint was in one of these, or may have been, its life is told; all of it unless given. */
  readonly scope?: readonly Scope[];
  /** Of the window, to what the endpoint depends on: they tell the verbs and who deleted something. Others do no harm. */
  readonly writes?: readonly PolicyEvent[];
}

/** `[start, end)` in which nothing changed for the endpoint. */
export interface TimelineSpan {
  readonly start: Instant;
  readonly end: Instant;
  /** `from` is `own`, `Calico`, or the namespace or service account. */
  readonly labels: readonly { readonly name: string; readonly value: string; readonly from: string }[];
  readonly serviceAccount: string;
  readonly flags: Readonly<Record<keyof EndpointFlags, boolean>>;
  /** Flags of which it is not known whether they hold; these are false above. */
  readonly notKnown: readonly (keyof EndpointFlags)[];
  /** As printed: policies that may apply besides. */
  readonly possiblePolicies: readonly string[];
  /** Whether it certainly was there. */
  readonly isCertain: boolean;
  /** In the order of their evaluation. */
  readonly policies: readonly {
    readonly name: string;
    readonly tier: string;
    readonly ingress: boolean;
    readonly egress: boolean;
    readonly selector: string;
  }[];
  /** By flag that holds: the policies and their rules. */
  readonly causes: Readonly<Record<string, readonly string[]>>;
}

/** The resources whose versions a timeline is made of. */
export const TIMELINE_RESOURCES: readonly string[] = resourcesOf(
  'endpoint',
  'parent',
  'policy',
  'networkSet',
  'tier',
  // While the definition of a kind is there that is not understood, there may be policies of it.
  'definition',
);

/**
 * Whether the version may play a part in the endpoint's timeline: its own, its parents', and what concerns all. Other
 * namespaces do, since their labels decide which network sets a rule is about.
 */
export function mayConcern(version: Version, endpoint: Key): boolean {
  return version.resource === 'namespaces' || isClusterWide(version) || isOwn(version, endpoint);
}

/** Whether the version is of the endpoint itself or of what hands labels down to it. */
function isOwn(version: Version, endpoint: Key): boolean {
  const { resource, namespace, name } = version;
  if (resource === 'namespaces') return name === endpoint.namespace;
  if (resource === 'serviceaccounts') return namespace === endpoint.namespace;
  return keyText(version) === keyText(endpoint);
}

function isClusterWide(version: Version): boolean {
  const role = kindOf(version)?.role;
  return role === 'policy' || role === 'networkSet' || role === 'tier' || role === 'definition';
}

/**
 * A span for every stretch of the window in which the endpoint's labels, policies and flags were the same, and what was
 * done to what it depends on; undefined where it was no endpoint in the window, or never in scope.
 *
 * @param versions those that may concern the endpoint; others do no harm.
 */
export function endpointTimeline(
  versions: readonly Version[],
  endpoint: Key,
  window: Window,
  { privateNetworks, scope, writes = [], ...beside }: TimelineOptions = {},
): EndpointTimeline | undefined {
  const concerning = standingVersions(
    versions.filter((version) => mayConcern(version, endpoint)),
    beside.doubts ?? [],
    window,
    beside.watched,
  );
  const text = keyText(endpoint);
  const spans: TimelineSpan[] = [];
  const applied = new Set<string>();
  const outside: Interval[] = [];
  let left: Instant | undefined;
  let name = '';
  let open: Omit<TimelineSpan, 'end'> | undefined;
  for (const { at, network } of replay(playedFrom(concerning, window, beside), window, {
    ...(privateNetworks && { privateNetworks }),
    ...(scope && { scope }),
  })) {
    if (open !== undefined) addSpan(spans, { ...open, end: at });
    if (left !== undefined) outside.push({ start: left, end: at });
    const explained = network.explain(text);
    const explanation = explained?.inScope === true ? explained : undefined;
    left = explained?.inScope === false ? at : undefined;
    open = explanation && openSpan(explanation, at);
    if (explanation === undefined) continue;
    ({ name } = explanation);
    for (const policy of explanation.applied) applied.add(policy.name);
  }
  if (open !== undefined) addSpan(spans, { ...open, end: window.end });
  if (left !== undefined) outside.push({ start: left, end: window.end });
  if (spans.length === 0) return undefined;
  const matters = (version: Version) => isOwn(version, endpoint) || applied.has(printedVersion(version));
  return {
    endpoint: name,
    spans,
    events: notWithin(joined(outside), timelineEvents(concerning.filter(matters), writes, endpoint, window)),
  };
}

/** What took the endpoint out of scope, or back into it, is told; what happened between is not. */
const notWithin = (outside: readonly Interval[], events: readonly TimelineEvent[]) =>
  events.filter(({ at }) => !outside.some(({ start, end }) => start < at && at < end));

function openSpan(explanation: Explanation, start: Instant): Omit<TimelineSpan, 'end'> {
  const { labels, serviceAccount, flags, applied, mayApply, isCertain } = explanation;
  return {
    start,
    labels: labels.map(({ name, value, from }) => ({
      name,
      value,
      from: from.kind === 'own' ? 'own' : from.kind === 'forced' ? 'Calico' : `${from.kind} ${from.name}`,
    })),
    serviceAccount,
    flags: Object.fromEntries(flags.map(({ flag, holds }) => [flag, holds])) as TimelineSpan['flags'],
    notKnown: flags.filter(({ notKnown }) => notKnown).map(({ flag }) => flag),
    possiblePolicies: mayApply,
    isCertain,
    policies: applied.map(({ name, tier, types: { ingress, egress }, selector }) => ({
      name,
      tier,
      ingress,
      egress,
      selector,
    })),
    causes: Object.fromEntries(
      flags
        .filter(({ holds }) => holds)
        .map(({ flag, causes }) => [
          flag,
          causes.map(({ policy, rule }) => (rule === undefined ? policy : `${policy} ${rule}`)),
        ]),
    ),
  };
}

/** Adds a span, or makes the last one longer where nothing but time passed. */
function addSpan(spans: TimelineSpan[], span: TimelineSpan): void {
  const last = spans.at(-1);
  const goesOn = last?.end === span.start && stateText(last) === stateText(span);
  if (goesOn) spans[spans.length - 1] = { ...last, end: span.end };
  else spans.push(span);
}

function stateText(span: TimelineSpan): string {
  return JSON.stringify({ ...span, start: 0, end: 0 });
}
