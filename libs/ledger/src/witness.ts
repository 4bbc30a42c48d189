import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '@scure/base';
import { readCheckpoint } from './notes/checkpoint.ts';
import { NoKey, type VerifierKey } from './notes/keys.ts';
import { NoteProblem, noteText } from './notes/note.ts';
import { type Hash, readHash, sameBytes } from './tree/hashes.ts';
import { goesOnFrom, type TreeHead } from './tree/proofs.ts';

/** What a log asks of a witness: to cosign a checkpoint that goes on from the one that the witness saw last (C2SP tlog-witness). */
export interface AddCheckpoint {
  /** The size that the witness is said to have seen last; 0 where it saw none. */
  readonly old: number;
  /** That the checkpoint goes on from that size. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** The text of such a request. */
export const addCheckpointText = ({ old, proof, checkpoint }: AddCheckpoint): string =>
  [`old ${old}`, ...proof.map((hash) => base64.encode(hash)), '', checkpoint].join('\n');

/** @throws NoteProblem where it is none. */
function readAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  const text = noteText(bytes);
  const end = text.indexOf('\n\n');
  if (end === -1) throw new NoteProblem('it has no empty line before its checkpoint');
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? [];
  if (old === undefined) throw new NoteProblem('its first line does not say the old size');
  const proof = lines.map(readHash);
  if (lines.length > PROOF_HASHES_MAX || !proof.every((hash) => hash !== undefined))
    throw new NoteProblem('it has a line that is no hash, or too many');
  return { old: Number(old), proof, checkpoint: text.slice(end + 2) };
}

const PROOF_HASHES_MAX = 63;

/** What a witness answers. */
export type WitnessAnswer =
  /** The checkpoint is to be kept, durably, and then cosigned. */
  | { readonly status: 200; readonly origin: string; readonly checkpoint: string }
  /** It saw another size last, which the log has to go on from. */
  | { readonly status: 409; readonly size: number; readonly why: string }
  /** No request; no key of that log signed it; no such log is known; the proof does not show it. */
  | { readonly status: 400 | 403 | 404 | 422; readonly why: string };

/** The logs that a witness watches: the key of each, by its origin. */
export type WatchedLogs = ReadonlyMap<string, VerifierKey>;

/**
 * The logs that keys are of. A log is signed by one key at a time, and a witness sees heads alone, not which key the log says follows which: of
 * two keys it could not tell that one signs no more.
 *
 * @throws NoKey for two keys of one log, or one of a witness.
 */
export function watchedLogs(keys: readonly VerifierKey[]): WatchedLogs {
  const logs = new Map<string, VerifierKey>();
  for (const key of keys) {
    const { name, id, use } = key;
    if (use !== 'log') throw new NoKey(`${name}+${id} is the key of a witness, and that of a log is needed`);
    const other = logs.get(name);
    if (other !== undefined && other.id !== id)
      throw new NoKey(
        `${name}+${other.id} and ${name}+${id} are keys of one log, which one of them alone signs: give the one that its log says follows the other`,
      );
    logs.set(name, key);
  }
  return logs;
}

/**
 * Whether a witness may cosign a checkpoint.
 *
 * @param lastOf the head of a log that it cosigned last.
 */
export function witness(
  request: Uint8Array,
  logs: WatchedLogs,
  lastOf: (origin: string) => TreeHead | undefined,
): WitnessAnswer {
  try {
    const { old, proof, checkpoint } = readAddCheckpoint(request);
    const bytes = utf8ToBytes(checkpoint);
    const head = readCheckpoint(bytes, []);
    const { origin, size } = head;
    const key = logs.get(origin);
    if (key === undefined) return { status: 404, why: `the log ${origin} is not watched here` };
    if (!isSignedBy(bytes, key))
      return { status: 403, why: `the key of the log ${origin} that is known here did not sign it` };
    if (old > size)
      return { status: 400, why: `the old size ${old} is greater than that of the checkpoint, ${size}` };
    const last = lastOf(origin);
    const { size: seen } = last ?? { size: 0 };
    if (old !== seen) return { status: 409, size: seen, why: `the last size that was seen here is ${seen}` };
    if (last === undefined || old === 0) return { status: 200, origin, checkpoint };
    if (size === seen)
      return sameBytes(head.root, last.root)
        ? { status: 200, origin, checkpoint }
        : {
            status: 409,
            size: seen,
            why: `the log ${origin} of ${size} entries was another one: it was forked`,
          };
    if (!goesOnFrom(last, head, proof))
      return {
        status: 422,
        why: `the log ${origin} of ${size} entries is not shown to go on from the one of ${seen}`,
      };
    return { status: 200, origin, checkpoint };
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    return { status: 400, why: error.message };
  }
}

function isSignedBy(checkpoint: Uint8Array, key: VerifierKey): boolean {
  try {
    return readCheckpoint(checkpoint, [key]).signed.length > 0;
  } catch (error) {
    if (error instanceof NoteProblem) return false;
    throw error;
  }
}
