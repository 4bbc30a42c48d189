import { type Instant, kindOf, sortedOnce, type Window } from '@margay/ground';
import { type EndpointFlags, type EndpointView, FLAG_NAMES, type NetworkStateOptions } from '@margay/policy';
import { printedVersion } from '../printed-version.ts';
import { DOUBTS_MAX } from '../report.ts';
import type { Played } from '../doubts/played.ts';
import type { ObjectChange } from './objects.ts';
import { type Moment, replay } from './replay.ts';

/** What the evidence says of a flag: yes, no, or not known. */
export type Verdict = 'yes' | 'no' | 'not known';

/** That the verdict on a flag of an endpoint became another. */
export interface VerdictChange {
  readonly at: Instant;
  /** As printed. */
  readonly endpoint: string;
  readonly flag: keyof EndpointFlags;
  readonly was: Verdict;
  readonly is: Verdict;
  /** What changed at that instant and may be why. */
  readonly causes: readonly ObjectChange[];
  /** Ids of the doubts that leave it open, sorted; at most `DOUBTS_MAX`. */
  readonly doubts: readonly string[];
}

/**
 * Every change of a verdict on an endpoint that was in scope before or after it, in time order. Endpoints that come into being or
 * go change nothing of what was said of them.
 *
 * A change at the very start of the window is one of it: the instant before is looked at too.
 */
export function* verdictChanges(
  played: Played,
  window: Window,
  options: NetworkStateOptions,
): Generator<VerdictChange> {
  const known = new Map<string, Known>();
  for (const moment of replay(played, { start: window.start - 1, end: window.end }, options)) {
    const { at, affected, network, objects } = moment;
    const causesOf = causesAt(moment);
    for (const text of affected) {
      const view = network.endpoint(text);
      const object = objects.get(text);
      if (view === undefined || object === undefined) {
        known.delete(text);
        continue;
      }
      const before = known.get(text);
      const now = {
        verdicts: verdictsOf(view),
        inScope: view.inScope,
        endpoint: before?.endpoint ?? printedVersion(object),
      };
      known.set(text, now);
      if (before === undefined || before.verdicts === now.verdicts || !(before.inScope || now.inScope))
        continue;
      const { endpoint } = now;
      const causes = causesOf(text, view);
      for (const [i, flag] of FLAG_NAMES.entries()) {
        const [was, is] = [verdictAt(before.verdicts, i), verdictAt(now.verdicts, i)];
        const doubts = is === 'not known' ? sortedOnce(view.doubts).slice(0, DOUBTS_MAX) : [];
        if (was !== is) yield { at, endpoint, flag, was, is, causes, doubts };
      }
    }
  }
}

/** What was said of an endpoint last. */
interface Known {
  /** Two bits a flag, in their order: hundreds of thousands are held. */
  readonly verdicts: number;
  readonly inScope: boolean;
  /** As printed. */
  readonly endpoint: string;
}

const VERDICTS: readonly Verdict[] = ['no', 'yes', 'not known'];

function verdictsOf({ flags, mayFlags }: EndpointView): number {
  return FLAG_NAMES.reduce((bits, flag, i) => {
    const verdict = flags[flag] ? 1 : mayFlags[flag] ? 2 : 0;
    return bits | (verdict << (2 * i));
  }, 0);
}

const verdictAt = (verdicts: number, i: number): Verdict => VERDICTS[(verdicts >> (2 * i)) & 3] ?? 'no';

/**
 * What of an instant may be why an endpoint's verdicts changed: its own object, its namespace and service account, and policies, tiers
 * and network sets. Other namespaces are, where none of these changed: they hand labels down to network sets.
 */
function causesAt({ changes }: Moment): (text: string, view: EndpointView) => readonly ObjectChange[] {
  let shared: ObjectChange[] | undefined;
  let namespaces: ObjectChange[] = [];
  const byRole = (...roles: readonly string[]) =>
    [...changes.values()].filter(({ before, now }) => {
      const version = now ?? before;
      return version !== undefined && roles.includes(kindOf(version)?.role ?? '');
    });
  return (text, { key, serviceAccount }) => {
    if (shared === undefined) {
      shared = byRole('policy', 'tier', 'networkSet');
      namespaces = byRole('parent');
    }
    const own = [
      text,
      `namespaces//${key.namespace}`,
      `serviceaccounts/${key.namespace}/${serviceAccount}`,
    ].flatMap((name) => changes.get(name) ?? []);
    const causes = own.length === 0 ? shared : [...own, ...shared];
    return causes.length > 0 ? causes : namespaces;
  };
}
