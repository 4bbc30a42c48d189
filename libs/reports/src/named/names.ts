import { compareKeys, type Instant, type Window } from '@margay/ground';
import type { Contact } from '@margay/flows';
import type { AskedName, Version } from '@margay/history';
import { FIXED_TIERS } from '@margay/policy';
import { isValidIn } from '../replay/steps.ts';
import { type Mention, mentionOf, type NamedKind, tellMentions } from './mentions.ts';
import { askedName, askedText, SeenNames } from './seen-names.ts';

/** How many of those that name an object are told. */
const NAMERS_MAX = 3;

/** An object that evidence names and that no version is of, and who named it when. */
export interface NamedObject extends Mention {
  /** Versions of different objects, by key; the first `NAMERS_MAX`. */
  readonly by: readonly Version[];
  readonly isInFlows: boolean;
  /** In the window. */
  readonly from: Instant;
  readonly to: Instant;
}

/** All that may name objects. */
export interface Naming {
  readonly versions: readonly Version[];
  readonly flows: Iterable<Contact>;
  readonly window: Window;
}

/** What counts of it. */
interface Counting {
  /** Whether a name matters, by the version that names it, or by a flow; all do unless given. */
  readonly counts?: (mention: Mention, by?: Version) => boolean;
  /** Kinds whose history is not kept, too: of these nothing is ever seen. */
  readonly ofOtherKinds?: boolean;
}

/**
 * The objects that versions and flows of the window name, and of which no version is in the window.
 *
 * Whether anything was told of them before is another question: see `namesToAsk`.
 */
export function namedObjects(
  { versions: all, flows, window }: Naming,
  { counts = () => true, ofOtherKinds = false }: Counting = {},
): NamedObject[] {
  const versions = all.filter((version) => version.name !== '' && isValidIn(version, window));
  const seen = new SeenNames(versions);
  const found = new Found(window);
  // Calico makes the fixed tiers itself.
  const isUnseen = ({ kind, kept }: NamedKind, namespace: string, name: string): boolean =>
    kept === undefined
      ? ofOtherKinds
      : !seen.has(kept.resource, namespace, name) && !(kind === 'Tier' && FIXED_TIERS.has(name));
  for (const version of versions) {
    tellMentions(version, (of, namespace, name) => {
      if (!isUnseen(of, namespace, name)) return;
      const mention = { of, namespace, name };
      if (counts(mention, version)) found.add(mention, version, version);
    });
  }
  for (const { startAt, endAt, source, destination } of flows) {
    const time = { validFrom: startAt, validTo: Math.max(endAt, startAt + 1) };
    if (!isValidIn(time, window)) continue;
    for (const end of [source, destination]) {
      const mention = mentionOf(end);
      if (mention === undefined || !isUnseen(mention.of, mention.namespace, mention.name)) continue;
      if (counts(mention)) found.add(mention, time);
    }
  }
  return found.all();
}

/** The names of which a report has to know whether anything was ever told: before the window, they may have ended. */
export function namesToAsk({
  versions,
  flows = [],
  window,
}: {
  readonly versions: Iterable<Version>;
  readonly flows?: Iterable<Contact>;
  readonly window: Window;
}): readonly AskedName[] {
  const named = namedObjects({ versions: [...versions], flows, window });
  return named.flatMap((one) => askedName(one) ?? []);
}

/** Those of which nothing was told before either. */
export function neverTold(named: readonly NamedObject[], told: Iterable<AskedName>): readonly NamedObject[] {
  const known = new Set([...told].map(askedText));
  return named.filter((one) => {
    const asked = askedName(one);
    return asked === undefined || !known.has(askedText(asked));
  });
}

interface Entry {
  readonly mention: Mention;
  by: readonly Version[];
  isInFlows: boolean;
  from: Instant;
  to: Instant;
}

/** What was found so far, by kind, namespace and name. */
class Found {
  readonly #window: Window;
  readonly #byKind = new Map<string, Map<string, Map<string, Entry>>>();

  constructor(window: Window) {
    this.#window = window;
  }

  /** @param by the version that names it; a flow does where it is absent. */
  add(mention: Mention, time: { validFrom: Instant; validTo?: Instant }, by?: Version): void {
    const from = Math.max(time.validFrom, this.#window.start);
    const to = Math.min(time.validTo ?? Infinity, this.#window.end);
    const { of, namespace, name } = mention;
    const names = within(within(this.#byKind, `${of.apiVersion} ${of.kind}`), namespace);
    const known = names.get(name);
    if (known === undefined) {
      names.set(name, { mention, by: by ? [by] : [], isInFlows: by === undefined, from, to });
      return;
    }
    known.from = Math.min(known.from, from);
    known.to = Math.max(known.to, to);
    if (by === undefined) known.isInFlows = true;
    else known.by = withNamer(known.by, by);
  }

  all(): NamedObject[] {
    const kinds = [...this.#byKind.values()].flatMap((kind) => [...kind.values()]);
    return kinds
      .flatMap((names) => [...names.values()])
      .map(({ mention, by, isInFlows, from, to }) => ({ ...mention, by, isInFlows, from, to }));
  }
}

function within<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let map = maps.get(key);
  if (map === undefined) maps.set(key, (map = new Map()));
  return map;
}

function withNamer(namers: readonly Version[], by: Version): readonly Version[] {
  const last = namers.at(-1);
  if (last !== undefined && namers.length === NAMERS_MAX && compareKeys(last, by) < 0) return namers;
  const same = namers.find((one) => compareKeys(one, by) === 0);
  // Of versions of one object the first speaks, in whatever order they come: a policy may be in another tier later.
  if (same !== undefined)
    return by.validFrom < same.validFrom ? namers.map((one) => (one === same ? by : one)) : namers;
  return [...namers, by].sort(compareKeys).slice(0, NAMERS_MAX);
}
