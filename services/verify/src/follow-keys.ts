import {
  checkProof,
  goesOnFrom,
  knownKeys,
  type PlacedKeyChange,
  readCheckpoint,
  readGrowth,
  readKeyChange,
  readProof,
  type VerifierKey,
} from '@margay/ledger';
import { isFields } from '@margay/ground';
import { named, type Told, type Trusted } from './judgement.ts';
import { ambiguityOf } from './one-reading.ts';
import { Wrong } from './wrong.ts';

/** What is to show which keys a log had: what `log-key-changes.json` holds, and the proof of the entry that it stands beside. */
export interface BroughtKeys {
  readonly proof: Uint8Array;
  /** Absent where nothing tells of another key. */
  readonly keyChanges?: Uint8Array;
}

/** What follows of the keys that were given. */
export interface FollowedKeys extends Pick<Trusted, 'keys' | 'signers'> {
  /** The changes of keys that the log tells of, oldest first; absent where nothing tells of any. */
  readonly changes?: readonly PlacedKeyChange[];
  /** Those that were given by hand; absent where nothing followed from them. */
  readonly given?: Trusted['keys'];
  /** What former keys signed last of this log; absent where nothing tells of any. */
  readonly former?: readonly FormerHead[];
}

/** The last head of a key that another one followed: the log goes on from it. */
export interface FormerHead {
  readonly size: number;
  readonly key: VerifierKey;
}

const FILE = 'log-key-changes.json';

/**
 * What is trusted, with the keys that follow from those that were given by what the log says of its keys. The log itself must be signed by
 * one of them: then its entries are what that key signed.
 *
 * @throws Wrong where an entry about a key is none, or is not in that log.
 */
export function followKeys<Given extends Pick<Trusted, 'keys'>>(
  brought: BroughtKeys | undefined,
  trusted: Given,
  told: Told,
): Given & FollowedKeys {
  if (brought?.keyChanges === undefined) return trusted;
  const read = keyChangesIn(brought.keyChanges, brought.proof);
  const changes = read.map(({ number, change }) => ({ number, change }));
  const former = read.flatMap((each) => each.former ?? []);
  const { keys, signers, followed, lost } = knownKeys(trusted.keys, changes);
  for (const { before, key } of followed)
    told.shown.push(
      `the key ${before.name}+${before.id} announced in that log that ${key.name}+${key.id} follows it`,
    );
  for (const { before, key } of lost)
    told.notShown.push(
      `that ${key.name}+${key.id} may sign that log: an entry says that the key ${before.name}+${before.id} was lost, and nobody with that key says so; ` +
        'give the other one with --key where you got it by a way of its own',
    );
  return { ...trusted, keys, signers, changes, former, given: trusted.keys };
}

/** A change of keys, and what the former one signed last, where that stands with it. */
type ReadKeyChange = PlacedKeyChange & { readonly former?: FormerHead };

function keyChangesIn(bytes: Uint8Array, proof: Uint8Array): ReadKeyChange[] {
  const { checkpoint } = named('report.tlog-proof', () => readProof(proof));
  const changes = listIn(bytes).map(({ entry, proof: own, former, growth }) =>
    named(FILE, () => {
      const [entryBytes, proofBytes] = [Buffer.from(entry), Buffer.from(own)];
      const { index, ...head } = checkProof(proofBytes, entryBytes, []);
      const change = readKeyChange(entryBytes, index);
      if (change === undefined) throw new Wrong(`${FILE}: an entry in it tells of no key`);
      if (readProof(proofBytes).checkpoint !== checkpoint)
        throw new Wrong(`${FILE}: a proof in it is of another log than that in report.tlog-proof`);
      const { before: key, root } = change;
      const hashes = readGrowth((growth ?? []).join('\n'));
      if (root !== undefined && !goesOnFrom({ size: index, root }, head, hashes))
        throw new Wrong(
          `${FILE}: ${key.name}+${key.id} announced another key in a log of ${index} entries from which this one is not shown to go on`,
        );
      if (former === undefined) return { number: index, change };
      const last = readCheckpoint(Buffer.from(former), [key]);
      const isItsLast =
        last.signed.length > 0 &&
        last.origin === head.origin &&
        last.size === index &&
        goesOnFrom(last, head, hashes);
      if (!isItsLast)
        throw new Wrong(
          `${FILE}: what ${key.name}+${key.id} is said to have signed last is not the log before entry ${index}`,
        );
      return { number: index, change, former: { size: index, key } };
    }),
  );
  return changes.sort((a, b) => a.number - b.number);
}

/** What stands in the file of an entry about a key. */
interface ListedChange {
  readonly entry: string;
  readonly proof: string;
  readonly former?: string;
  readonly growth?: readonly string[];
}

const isText = (value: unknown): boolean => typeof value === 'string';

function listIn(bytes: Uint8Array): readonly ListedChange[] {
  const text = Buffer.from(bytes).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Wrong(`${FILE}: it is no JSON`);
  }
  const problem = ambiguityOf(text, (name) => name.toLowerCase());
  if (problem !== undefined) throw new Wrong(`${FILE}: ${problem}`);
  const isList =
    Array.isArray(value) &&
    value.every(
      (each) =>
        isFields(each) &&
        isText(each['entry']) &&
        isText(each['proof']) &&
        isText(each['former'] ?? '') &&
        (each['growth'] === undefined || (Array.isArray(each['growth']) && each['growth'].every(isText))),
    );
  if (!isList) throw new Wrong(`${FILE}: it must be a list of entries and proofs`);
  return value as ListedChange[];
}
