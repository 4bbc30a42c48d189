import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Listing } from '@margay/coverage';
import { type Instant, KEPT_KINDS, resourceName } from '@margay/ground';
import { baselineOf, type MemoryHistory } from '@margay/history';
import { UsageError } from './exit.ts';

/** Lists of a cluster, and when they were taken. */
export interface BaselineFiles {
  readonly files: readonly string[];
  readonly at: Instant;
  /** Resources that were listed although nothing of them may be there. */
  readonly listed: readonly string[];
}

/**
 * Takes lists of the cluster into a history, as the whole state of their kinds at an instant.
 *
 * @returns which kinds were seen whole.
 * @throws Error that names the file that cannot be read, is no list, or contradicts the history.
 */
export async function readBaseline(
  { files, at, listed }: BaselineFiles,
  history: MemoryHistory,
): Promise<Listing[]> {
  const unknown = listed.filter(
    (name) => !KEPT_KINDS.some((kind) => kind.resource === name || resourceName(kind) === name),
  );
  if (unknown.length > 0) {
    const all = KEPT_KINDS.map(({ resource }) => resource).join(', ');
    throw new UsageError(`--baseline-kinds: ${unknown.join(', ')} plays no part; those that do are ${all}`);
  }
  const names = files.join(', ');
  try {
    const texts = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as unknown),
    );
    const source = `baseline ${files.map((file) => basename(file)).join(' ')}`;
    const { changes, kinds } = baselineOf(texts, { source, at, listed, versions: history.versions() });
    history.add(changes);
    return kinds.map((kind) => ({ ...kind, at }));
  } catch (error) {
    throw new Error(`The baseline ${names} is not used: ${(error as Error).message}`, { cause: error });
  }
}
