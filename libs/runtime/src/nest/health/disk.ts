import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Readiness } from './readiness.ts';

const MEGABYTE = 1024 * 1024;
/** Of a large volume a twentieth is plenty. */
const ENOUGH_BYTES = 1024 * MEGABYTE;
const LEAST_SHARE = 0.05;
/** So many times the least is a warning. */
const WARNED = 2;

/** What is free on a volume, and how large it is, in bytes. */
export interface Space {
  readonly free: number;
  readonly size: number;
}

/** What a check says of the volume of a folder: too little is left, a little more than that is a warning. */
export function spaceProblem(
  directory: string,
  { free, size }: Space,
): string | { readonly warning: string } | undefined {
  const least = Math.min(size * LEAST_SHARE, ENOUGH_BYTES);
  const words = `${Math.floor(free / MEGABYTE)} MB of ${Math.floor(size / MEGABYTE)} MB are free on the volume of ${directory}`;
  if (free < least) return `${words}: what comes cannot be kept when it is full. Make room or enlarge it.`;
  return free < WARNED * least ? { warning: `${words}.` } : undefined;
}

/** Tells in `/readyz` and as a metric what room is left where a process keeps something durable. */
export function watchDisk(readiness: Readiness, metrics: Metrics, directory: string): void {
  readiness.add('disk', async () => spaceProblem(directory, await spaceOf(directory)));
  metrics.onScrape(async () => {
    const { free } = await spaceOf(directory);
    metrics.diskFreeBytes.set(free, { directory });
  });
}

/** A folder that is not made yet will be on the volume of the one around it. */
async function spaceOf(directory: string): Promise<Space> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch (error) {
    const around = dirname(resolve(directory));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || around === resolve(directory)) throw error;
    return spaceOf(around);
  }
}
