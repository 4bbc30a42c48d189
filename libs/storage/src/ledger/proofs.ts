import {
  consistencyFrom,
  type Hash,
  includes,
  inclusionFrom,
  leafHash,
  proofText,
  readEntry,
} from '@margay/ledger';
import { confirmedHead } from './confirmed.ts';
import { computed, signedTree } from './from-tiles.ts';
import { formerHead, keyChangesOf } from './key-changes.ts';
import { lacking, type Ledger, type LogHead, LogRefused } from './ledger.ts';

/** What somebody needs who checks a report without its log. */
export interface LoggedReport {
  /** The entry about it: canonical JSON in UTF-8. */
  readonly entry: Uint8Array;
  /** The `.tlog-proof` that the entry is in the log, as it is now. */
  readonly proof: string;
  /** With the lines of the witnesses that cosigned it. */
  readonly checkpoint: string;
  /** The answer of an authority that it saw it at a time (RFC 3161, DER); absent where none did. */
  readonly timestamp?: Uint8Array;
  /** The key that is said to have signed it. */
  readonly key: string;
  /** The signed statement about its evidence: a DSSE envelope. Absent where a report of an older release says too little of it. */
  readonly statement?: string;
  /** The entries that tell of the log's keys, oldest first. */
  readonly keyChanges: readonly ProvenKeyChange[];
}

/** An entry that tells of a key of the log. */
interface ProvenKeyChange {
  readonly entry: Uint8Array;
  /** Its `.tlog-proof` in the same log. */
  readonly proof: string;
  /** The checkpoint that the former key signed last; absent where it was not kept. */
  readonly former?: string;
  /** That the log goes on from what there was before the entry; absent where nothing says what that was. */
  readonly growth?: readonly Hash[];
}

/** An entry, and what shows that it is in the log as its head is. */
interface ProvenEntry {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly hashes: readonly Hash[];
  readonly head: LogHead;
}

type KnownHead = Pick<LogHead, 'size' | 'checkpoint'>;

/** The store has an entry as that about a run, and the log has not: somebody wants it to look logged. */
export class NotAbout extends LogRefused {
  constructor(run: string, number: number) {
    super(
      `The store has entry ${number} of the log of reports as that of run ${run}, and the log has none about it: restore the store from a backup.`,
    );
  }
}

/**
 * The entry about a run, which is in the log; undefined where there is none.
 *
 * @throws LogRefused where the log does not show it although it has one: somebody changed the store.
 */
export async function provenEntry(ledger: Ledger, run: string): Promise<ProvenEntry | undefined> {
  const index = (await ledger.numbersOf([run])).get(run);
  const head = await ledger.head();
  if (index === undefined) return undefined;
  // Numbers first: what was appended meanwhile is in this head.
  if (index < 0 || index >= (head?.size ?? 0)) throw new NotAbout(run, index);
  if (head === undefined) return undefined;
  const tree = signedTree(head);
  const [entry] = await ledger.entries(index, index + 1);
  const hashes = await computed(ledger, inclusionFrom(index, head.size));
  if (!includes(tree, index, leafHash(entry!), hashes)) throw lacking(`entry ${index} as it was signed`);
  const about = readEntry(entry!).run;
  if (about !== run) throw new NotAbout(run, index);
  return { index, entry: entry!, hashes, head };
}

/**
 * What shows that a run's report is in the log; undefined where it has no entry.
 *
 * @throws LogRefused as `provenEntry`.
 */
export async function loggedReport(ledger: Ledger, run: string): Promise<LoggedReport | undefined> {
  const proven = await provenEntry(ledger, run);
  if (proven === undefined) return undefined;
  const { index, entry, head } = proven;
  const { timestamp, ...best } = await confirmedHead(ledger, index, head);
  const hashes =
    best.size === head.size ? proven.hashes : await computed(ledger, inclusionFrom(index, best.size));
  return {
    ...(await loggedIn(ledger, { index, entry, hashes }, best)),
    ...(timestamp !== undefined && { timestamp }),
    key: head.key,
  };
}

async function provenKeyChanges(
  ledger: Ledger,
  { size, checkpoint }: KnownHead,
): Promise<LoggedReport['keyChanges']> {
  const proven: LoggedReport['keyChanges'][number][] = [];
  for (const { number: index, bytes: entry, before, root } of await keyChangesOf(ledger)) {
    // One that was appended since is not in that log.
    if (index >= size) break;
    const hashes = await computed(ledger, inclusionFrom(index, size));
    const { former } = await formerHead(ledger, { number: index, before });
    proven.push({
      entry,
      proof: proofText({ index, hashes, checkpoint }),
      ...(former !== undefined && { former }),
      ...((former ?? root) !== undefined && {
        growth: await computed(ledger, consistencyFrom(index, size)),
      }),
    });
  }
  return proven;
}

/** An entry about a report as the log is now, without what others signed. */
export type LoggedNow = Pick<LoggedReport, 'entry' | 'proof' | 'checkpoint' | 'statement' | 'keyChanges'>;

/**
 * What shows that a run's report is in the log as it is now; undefined where it has no entry.
 *
 * @throws LogRefused as `provenEntry`.
 */
export async function loggedNow(ledger: Ledger, run: string): Promise<LoggedNow | undefined> {
  const proven = await provenEntry(ledger, run);
  return proven && loggedIn(ledger, proven, proven.head);
}

/** @param hashes that show that the entry is in the log of that head. */
async function loggedIn(
  ledger: Ledger,
  { index, entry, hashes }: Omit<ProvenEntry, 'head'>,
  head: KnownHead,
): Promise<LoggedNow> {
  const { checkpoint } = head;
  const statement = await ledger.statement(index);
  return {
    entry,
    proof: proofText({ index, hashes, checkpoint }),
    checkpoint,
    ...(statement !== undefined && { statement }),
    keyChanges: await provenKeyChanges(ledger, head),
  };
}

/** The head of the log, and the entries that tell of its keys; undefined while there is no entry. */
export async function loggedHead(
  ledger: Ledger,
): Promise<Pick<LoggedReport, 'checkpoint' | 'key' | 'keyChanges'> | undefined> {
  const head = await ledger.head();
  return (
    head && {
      checkpoint: head.checkpoint,
      key: head.key,
      keyChanges: await provenKeyChanges(ledger, head),
    }
  );
}
