import { keyText, type Window } from '@margay/ground';
import type { DoubtSince, Version } from '@margay/history';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { printedVersion } from '../printed-version.ts';
import { isValidIn } from '../replay/steps.ts';
import { inOrder, type KnownDoubt, type Played, type PlayedVersion } from './played.ts';

/** What a window is replayed from: the versions, and all that leaves something open about them. */
export function playedFrom(versions: readonly Version[], window: Window): Played {
  const doubts = new Map<string, KnownDoubt>();
  const isDoubtful = versions.some(({ doubt }) => doubt !== undefined);
  const played = isDoubtful ? versions.map((version) => doubted(version, window, doubts)) : versions;
  return {
    versions: played,
    unseen: [],
    doubts: inOrder(doubts.values()),
  };
}

/** The version with the id of its doubt, which is noted where it touches the window. */
function doubted(version: Version, window: Window, doubts: Map<string, KnownDoubt>): PlayedVersion {
  const { doubt } = version;
  if (doubt === undefined) return version;
  const id = objectDoubtId(version, doubt);
  if (isValidIn(version, window)) note(version, doubt, id, doubts);
  return { ...version, doubted: { id, may: doubt.may } };
}

function note(version: Version, doubt: DoubtSince, id: string, doubts: Map<string, KnownDoubt>): void {
  const { validTo } = version;
  const { since, reason, message, source } = doubt;
  const known = doubts.get(id);
  const isLater = (known?.until ?? -Infinity) < (validTo ?? Infinity);
  if (known !== undefined && (known.until === undefined || !isLater)) return;
  doubts.set(id, {
    id,
    about: printedVersion(version),
    since,
    reason,
    message,
    source,
    ...(validTo !== undefined && { until: validTo, settledBy: 'what was seen of it then' }),
  });
}

/** The same doubt has the same id in every report. */
function objectDoubtId(version: Version, { since, reason }: DoubtSince): string {
  return bytesToHex(sha256(utf8ToBytes(`${keyText(version)} ${since} ${reason}`))).slice(0, 12);
}
