import { keyText } from '@margay/ground';
import type { DoubtSince, Version } from '@margay/history';
import type { Doubted } from '@margay/policy';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The id of what is not known of an object. The same doubt has the same id in every report. */
export const doubtId = (version: Version, { since, reason }: Pick<DoubtSince, 'since' | 'reason'>): string =>
  idOf(`${keyText(version)} ${since} ${reason}`);

/** The id of the doubt about what an object was before it was first seen. */
export const beforeId = (version: Version): string => idOf(`${keyText(version)} before ${version.uid}`);

/** The id of a doubt that is told apart from others by a text. */
export const aboutId = (text: string): string => idOf(text);

const idOf = (text: string): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, 12);

/** What is not known of the object of a version, for a state of the network; undefined where all is. */
export function doubtedOf(version: Version): Doubted | undefined {
  const { doubt } = version;
  return doubt && { id: doubtId(version, doubt), may: doubt.may };
}
