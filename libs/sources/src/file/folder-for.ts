import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, replaceFile } from '@margay/runtime';

/** Where what is read is delivered to: a cluster's history under a prefix of topics. */
export interface Destination {
  readonly CLUSTER_NAME: string;
  readonly KAFKA_TOPIC_PREFIX: string;
}

const OWN_FILE = 'destination';

/**
 * The part of a folder in which is remembered what was delivered to one destination: another one has nothing of it, and would go on in the
 * middle of something whose beginning it never got. The folder itself is the first one's, and that of who used it when no release kept whose
 * it was; what others were told is in a folder each, so that who comes back goes on where it was.
 *
 * @throws Error, which names the file, where it cannot be kept or read whose the folder is.
 */
export function folderFor(directory: string, destination: Destination): string {
  // Neither has a space: no two destinations are written alike.
  const own = `${destination.CLUSTER_NAME} ${destination.KAFKA_TOPIC_PREFIX}`.trimEnd();
  const file = join(directory, OWN_FILE);
  try {
    makeFolder(directory, 0o700);
    const first = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (first === undefined) replaceFile(file, own, 0o600);
    if (first === undefined || first === own) return directory;
    const others = join(directory, 'to', own);
    makeFolder(others, 0o700);
    return others;
  } catch (error) {
    throw new Error(
      `Whose cluster’s places ${directory} keeps is in ${file}, which cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
