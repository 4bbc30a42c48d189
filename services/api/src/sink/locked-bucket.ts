import { createReadStream } from 'node:fs';
import {
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { SinkOptions } from './settings.ts';

/** What is to be kept. */
export interface Copy {
  readonly key: string;
  readonly mediaType: string;
  /** What it is of: two copies of one key and one such are of the same, whatever their bytes. */
  readonly of: string;
}

/** The file that has what is to be kept. */
export interface CopiedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file, base64. */
  readonly sha256: string;
}

/** The bucket keeps nothing so that nobody can change it, or does not say that it does. */
export class NotLocked extends Error {
  override readonly name = 'NotLocked';
}

/** There is something else under that key: somebody made another history, or the key is another's. */
export class KeptOtherwise extends Error {
  override readonly name = 'KeptOtherwise';
}

/** Keeps copies for a time in which nobody can change or remove them. */
export interface LockedBucket {
  /**
   * Keeps a copy, once, and asks whether it is locked.
   *
   * @param made is asked for only where the copy is not there yet.
   * @returns whether it was new. @throws NotLocked, KeptOtherwise; the server's error, and that of `made`.
   */
  keep(copy: Copy, made: () => Promise<CopiedFile>): Promise<'kept' | 'there'>;
  /** Whether a copy is there, locked still or not. @throws the server's error. */
  has(copy: Pick<Copy, 'key' | 'of'>): Promise<boolean>;
  close(): void;
}

const DAY_MILLISECONDS = 86_400_000;
/** Clocks differ. */
const SLACK_MILLISECONDS = 60_000;
const ANSWER_MILLISECONDS = 60_000;

/** Opens a bucket; it is asked whether it locks objects before the first is put there. */
export function openLockedBucket(options: SinkOptions): LockedBucket {
  const { bucket: Bucket, endpoint, region, credentials, mode, days } = options;
  const client = new S3Client({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: ANSWER_MILLISECONDS, connectionTimeout: 10_000 },
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
  });
  let isAsked = false;
  const found = async (Key: string): Promise<HeadObjectCommandOutput | undefined> => {
    try {
      return await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
  return {
    async keep({ key: Key, mediaType, of }, made) {
      if (!isAsked) await askWhetherLocks(client, Bucket);
      isAsked = true;
      const before = await found(Key);
      if (before !== undefined && before.Metadata?.['margay-of'] !== of)
        throw new KeptOtherwise(
          `${Key} in the bucket ${Bucket} is of ${before.Metadata?.['margay-of'] ?? 'something else'}, and this one of ${of}: nothing was put over it`,
        );
      if (before !== undefined && isLocked(before, Date.now())) return 'there';
      const { path, sizeBytes, sha256 } = await made();
      const until = Date.now() + days * DAY_MILLISECONDS;
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: createReadStream(path),
          ContentLength: sizeBytes,
          ContentType: mediaType,
          ChecksumAlgorithm: 'SHA256',
          ChecksumSHA256: sha256,
          Metadata: { 'margay-of': of },
          ObjectLockMode: mode,
          ObjectLockRetainUntilDate: new Date(until),
        }),
      );
      const after = await found(Key);
      if (after?.ContentLength !== sizeBytes || !isLocked(after, until - SLACK_MILLISECONDS, mode))
        throw new NotLocked(
          `${Key} was put into the bucket ${Bucket}, which does not say that it is kept (${mode}) until ${new Date(until).toISOString()}`,
        );
      return 'kept';
    },
    has: async ({ key, of }) => (await found(key))?.Metadata?.['margay-of'] === of,
    close: () => client.destroy(),
  };
}

/** @throws NotLocked unless the bucket can lock objects. */
async function askWhetherLocks(client: S3Client, Bucket: string): Promise<void> {
  const words = `The bucket ${Bucket} has no Object Lock: make one with it (it is switched on when a bucket is made), and name that in S3_BUCKET`;
  try {
    const { ObjectLockConfiguration: lock } = await client.send(
      new GetObjectLockConfigurationCommand({ Bucket }),
    );
    if (lock?.ObjectLockEnabled !== 'Enabled') throw new NotLocked(words);
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'ObjectLockConfigurationNotFoundError')
      throw new NotLocked(words, { cause: error });
    throw error;
  }
}

/** Whether an object is kept beyond a time. */
const isLocked = (
  { ObjectLockMode: is, ObjectLockRetainUntilDate: until }: HeadObjectCommandOutput,
  time: number,
  mode: string | undefined = is,
): boolean => is !== undefined && is === mode && until !== undefined && until.getTime() > time;

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
