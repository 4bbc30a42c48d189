import type { LifeEvent, Span, Timeline } from '@margay/api-contract';
import {
  formatInstant,
  kindOf,
  resourcesOf,
  keyText,
  type Key,
  type Instant,
  type Window,
} from '@margay/ground';
import type { Version } from '@margay/history';
import { NetworkState, type Explanation } from '@margay/policy';
import { printedVersion } from '@margay/reports';
import type { History } from '@margay/storage';

const RESOURCES = resourcesOf('endpoint', 'parent', 'policy', 'networkSet', 'tier');

/** Whether it may play a part for any endpoint. */
const isClusterWide = (version: Version): boolean => {
  const role = kindOf(version)?.role;
  return role === 'policy' || role === 'networkSet' || role === 'tier';
};

/**
 * The life of one endpoint in a window: a span for every stretch in which its labels, policies and flags were the same,
 * and what was done to what it depends on. Undefined where it was no endpoint in the window.
 */
export async function timelineOf(
  history: History,
  endpoint: Key,
  window: Window,
): Promise<Timeline | undefined> {
  const text = keyText(endpoint);
  const versions: Version[] = [];
  for await (const version of history.versions(window, { resources: RESOURCES })) {
    const { resource, namespace } = version;
    const isItself = keyText(version) === text;
    const isParent =
      (resource === 'namespaces' && version.name === endpoint.namespace) ||
      (resource === 'serviceaccounts' && namespace === endpoint.namespace);
    if (isItself || isParent || isClusterWide(version)) versions.push(version);
  }
  const steps = stepsOf(versions, window);
  const state = new NetworkState();
  const spans: Span[] = [];
  const applied = new Set<string>();
  let name = '';
  for (const [i, [at, changes]] of steps.entries()) {
    for (const { version, what } of changes) {
      if (what === 'begins') state.upsert(version.content);
      else state.remove(version);
    }
    const explanation = state.explain(text);
    if (explanation === undefined) continue;
    ({ name } = explanation);
    for (const { name: policy } of explanation.applied) applied.add(policy);
    const end = steps[i + 1]?.[0] ?? window.end;
    const span = spanOf(explanation, at, end);
    const last = spans.at(-1);
    if (last?.end === span.start && sameBut(last, span)) spans[spans.length - 1] = { ...last, end: span.end };
    else spans.push(span);
  }
  if (spans.length === 0) return undefined;
  return {
    endpoint: name,
    window: { start: formatInstant(window.start), end: formatInstant(window.end) },
    spans,
    events: eventsOf(versions, window, (version) => {
      if (!isClusterWide(version)) return true;
      return applied.has(printedVersion(version));
    }),
  };
}

interface Step {
  readonly version: Version;
  readonly what: 'begins' | 'ends';
}

/** What changes at which instant, from the window's start on. */
function stepsOf(versions: readonly Version[], { start, end }: Window): [Instant, Step[]][] {
  const steps = new Map<Instant, Step[]>([[start, []]]);
  const put = (at: Instant, step: Step) => steps.set(at, [...(steps.get(at) ?? []), step]);
  for (const version of versions) {
    const { validFrom, validTo = Infinity } = version;
    if (validTo < end) put(Math.max(validTo, start), { version, what: 'ends' });
    put(Math.max(validFrom, start), { version, what: 'begins' });
  }
  // Of one name a version ends where the next begins: what ends goes first.
  for (const list of steps.values())
    list.sort((a, b) => (a.what === b.what ? 0 : a.what === 'ends' ? -1 : 1));
  return [...steps].sort(([a], [b]) => a - b);
}

function spanOf(explanation: Explanation, start: Instant, end: Instant): Span {
  return {
    start: formatInstant(start),
    end: formatInstant(end),
    labels: explanation.labels.map(({ name, value, from }) => ({
      name,
      value,
      from: from.kind === 'own' ? 'own' : from.kind === 'forced' ? 'Calico' : `${from.kind} ${from.name}`,
    })),
    serviceAccount: explanation.serviceAccount,
    flags: Object.fromEntries(explanation.flags.map(({ flag, holds }) => [flag, holds])) as Span['flags'],
    policies: explanation.applied.map(({ name, tier, types, selector }) => ({
      name,
      tier,
      ingress: types.ingress,
      egress: types.egress,
      selector,
    })),
    causes: Object.fromEntries(
      explanation.flags
        .filter(({ holds }) => holds)
        .map(({ flag, causes }) => [
          flag,
          causes.map(({ policy, rule }) => (rule === undefined ? policy : `${policy} ${rule}`)),
        ]),
    ),
  };
}

const sameBut = (a: Span, b: Span): boolean =>
  JSON.stringify({ ...a, start: '', end: '' }) === JSON.stringify({ ...b, start: '', end: '' });

function eventsOf(
  versions: readonly Version[],
  { start, end }: Window,
  matters: (version: Version) => boolean,
): LifeEvent[] {
  const within = (at: Instant) => start <= at && at < end;
  const begins = new Set(versions.map(({ validFrom, ...version }) => `${keyText(version)} ${validFrom}`));
  const lived = new Set(versions.map(({ validTo, ...version }) => `${keyText(version)} ${validTo}`));
  return versions
    .filter(matters)
    .flatMap((version) => {
      const { validFrom, validTo, actor } = version;
      const resource = printedVersion(version);
      const found: { at: Instant; event: LifeEvent }[] = [];
      if (within(validFrom)) {
        const what = lived.has(`${keyText(version)} ${validFrom}`) ? 'changed' : 'created';
        const event = { at: formatInstant(validFrom), what, resource, actor: actor?.user ?? null } as const;
        found.push({ at: validFrom, event });
      }
      // Who deleted it is known to the audit trail, not to the version that ended.
      if (validTo !== undefined && within(validTo) && !begins.has(`${keyText(version)} ${validTo}`))
        found.push({
          at: validTo,
          event: { at: formatInstant(validTo), what: 'deleted', resource, actor: null },
        });
      return found;
    })
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}
