import { type Instant, keyText } from '@margay/ground';
import type { Version } from '@margay/history';
import { NetworkState, type NetworkStateOptions } from '@margay/policy';
import { type Beside, playedFrom } from './doubts/play.ts';
import { bySettings } from './enforcement.ts';
import { standingVersions } from './doubts/standing.ts';
import { unreadPolicies } from './evidence.ts';
import {
  inOrder,
  openBehind,
  type KnownDoubt,
  type PlayedVersion,
  type UnseenSpan,
} from './doubts/played.ts';
import { replay } from './replay/replay.ts';
import { isValidIn } from './replay/steps.ts';

/** A cluster at one instant, with what is not known of it. */
export interface ClusterAt {
  readonly network: NetworkState;
  /** What was seen of what there was then, each with what is not known of it, in the order given. */
  readonly versions: readonly PlayedVersion[];
  /** Where there may be objects that nobody saw. */
  readonly unseen: readonly UnseenSpan[];
  /** All that is open then, in the order of its beginning. */
  readonly doubts: readonly KnownDoubt[];
}

/**
 * The cluster at an instant, as a report about that instant has it: what the evidence leaves open is open here too.
 *
 * @param given at least those that are valid then.
 * @param beside what the sources leave open, and the first sights that settle it: see `sightsToAsk`.
 */
export function clusterAt(
  given: readonly Version[],
  at: Instant,
  { privateNetworks, scope, ...beside }: Beside & NetworkStateOptions = {},
): ClusterAt {
  const window = instantOf(at);
  const { versions } = bySettings(standingVersions(given, beside.doubts ?? [], window, beside.watched));
  const { versions: all, unseen, doubts } = playedFrom(versions, window, beside);
  const played = all.filter((version) => isValidIn(version, window));
  const [moment] = replay({ versions: played, unseen }, window, {
    ...(privateNetworks && { privateNetworks }),
    ...(scope && { scope }),
  });
  const doubted = new Map(played.map((version) => [keyText(version), version.doubted]));
  // A version that is cut where a doubt begins still began when it did.
  const asPlayed = (version: Version): PlayedVersion => {
    const open = doubted.get(keyText(version));
    return open === undefined ? version : { ...version, doubted: open };
  };
  const standing = versions.filter((version) => isValidIn(version, window));
  return {
    network: moment?.network ?? new NetworkState(),
    versions: standing.filter(({ name }) => name !== '').map(asPlayed),
    unseen: unseen.filter((span) => isValidIn(span, window)),
    doubts: inOrder([...doubts, ...unreadPolicies(standing).doubts]).map((doubt) =>
      openBehind(doubt, window),
    ),
  };
}

/** The window of one instant. */
export const instantOf = (at: Instant) => ({ start: at, end: at + 1 });
