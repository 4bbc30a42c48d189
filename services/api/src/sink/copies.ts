import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, readCheckpoint, readReportEntry } from '@margay/ledger';
import {
  ArchiveDamaged,
  cosigned,
  lastConfirmed,
  type LogHead,
  soundHeader,
  type Stores,
} from '@margay/storage';
import { downloadOf } from '../exports/downloads.ts';
import { TooMuchTogether } from '../exports/together.ts';
import { type CopiedFile, type Copy, KeptOtherwise, type LockedBucket } from './locked-bucket.ts';

/** What became of something that was to be copied: there is nothing whole to copy (lost), or another copy is there (refused). */
export type Copied = 'kept' | 'there' | 'refused' | 'lost';

/** Copies what a log has. */
export interface Copying {
  readonly bucket: LockedBucket;
  /** What keys begin with. */
  readonly prefix: string;
  /** Told of each thing. */
  readonly tell: (what: string, copied: Copied, reason?: string) => void;
  readonly signal: AbortSignal;
}

/** So many entries are read at once. */
const BATCH = 64;

/**
 * Copies the evidence of the reports whose entries are from `from` on, and then the head. What is damaged, or was copied otherwise, is told of
 * and keeps nothing else from being copied.
 *
 * @throws what the bucket or the stores throw; it is to be done again then, and what is there is left.
 */
export async function copyLog(
  stores: Stores,
  { from, head }: { readonly from: number; readonly head: LogHead },
  copying: Copying,
): Promise<void> {
  for (let at = from; at < head.size; at += BATCH)
    for (const bytes of await stores.ledger.entries(at, Math.min(at + BATCH, head.size))) {
      copying.signal.throwIfAborted();
      const entry = readReportEntry(bytes);
      if (entry !== undefined) await copyReport(stores, entry, copying);
    }
  await copyHead(stores, head, copying);
}

async function copyReport(stores: Stores, entry: Entry, copying: Copying): Promise<void> {
  const { run, revision, digest } = entry;
  const what = `run ${run}`;
  try {
    const header = await soundHeader(stores.archive, run);
    if (header === undefined) return copying.tell(what, 'lost', 'its report is not in the archive');
    await keepOne(
      {
        key: `reports/${encodeURIComponent(run)}/${revision}/evidence.zip`,
        mediaType: 'application/zip',
        of: `sha256:${digest}`,
      },
      async (path) => {
        // It is made of every report.
        const { bytes } = (await downloadOf(stores, header, 'evidence.zip'))!;
        await pipeline(bytes, createWriteStream(path));
      },
      what,
      copying,
    );
  } catch (error) {
    if (!(error instanceof ArchiveDamaged || error instanceof TooMuchTogether)) throw error;
    copying.tell(what, 'lost', error.message);
  }
}

/**
 * How many entries the log had when all of it was copied last. The store says it, and the bucket has the last word: a head is put there behind
 * all that it is of, which nobody can do who can write into the store alone.
 *
 * @returns also what the store says and the bucket does not, in words.
 */
export const copiedUntil = (
  { ledger }: Stores,
  head: LogHead,
  by: string,
  { bucket, prefix }: Pick<Copying, 'bucket' | 'prefix'>,
): Promise<{ readonly size: number; readonly wrong: readonly string[] }> =>
  lastConfirmed(ledger, head, by, async (kept) => {
    const { name, of } = nameOfHead(kept);
    const key = `${prefix}${name}.checkpoint.txt`;
    return (await bucket.has({ key, of })) ? undefined : `the bucket has no ${key} that is of it`;
  });

/** What keys of copies of a head begin with, and what they are of. */
function nameOfHead({ size, checkpoint }: Pick<LogHead, 'size' | 'checkpoint'>) {
  const { root } = readCheckpoint(Buffer.from(checkpoint), []);
  return {
    name: `log/${String(size).padStart(16, '0')}`,
    of: `root:${Buffer.from(root).toString('base64')}`,
  };
}

async function copyHead({ ledger }: Stores, head: LogHead, copying: Copying): Promise<void> {
  const { name, of } = nameOfHead(head);
  const { checkpoint, timestamp } = await cosigned(ledger, head);
  const what = `the log's head of ${head.size} entries`;
  await keepOne(
    { key: `${name}.checkpoint.txt`, mediaType: 'text/plain; charset=utf-8', of },
    (path) => writeFile(path, checkpoint),
    what,
    copying,
  );
  if (timestamp === undefined) return;
  await keepOne(
    { key: `${name}.tsr`, mediaType: 'application/timestamp-reply', of },
    (path) => writeFile(path, timestamp),
    `the timestamp of ${what}`,
    copying,
  );
}

/**
 * Keeps one thing, unless it is there already. It is on the disk meanwhile: its size and digest are sent before it, and memory does not grow
 * with it.
 */
async function keepOne(
  { key, ...copy }: Copy,
  write: (path: string) => Promise<void>,
  what: string,
  { bucket, prefix, tell }: Copying,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'margay-copy-'));
  const made = async (): Promise<CopiedFile> => {
    const path = join(folder, 'copy');
    await write(path);
    const { size: sizeBytes } = await stat(path);
    return { path, sizeBytes, sha256: await digestOf(path) };
  };
  try {
    tell(what, await bucket.keep({ ...copy, key: `${prefix}${key}` }, made));
  } catch (error) {
    if (!(error instanceof KeptOtherwise)) throw error;
    tell(what, 'refused', error.message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('base64');
}
