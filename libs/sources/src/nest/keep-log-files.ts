import type { Stages } from '@margay/runtime/nest';
import { logFileOf } from '../file/log-file.ts';
import { type PlaceInLog, placesInLogs } from '../file/places-in-logs.ts';
import type { Positions } from '../file/positions.ts';
import { checkLogs } from '../file/unopened.ts';

/** Log files that a service reads. */
export interface LogFiles {
  readonly paths: readonly string[];
  /** Opens the places that they have been read to, for each file by itself. */
  readonly positions: () => Promise<Positions>;
  /** They go on growing and rotating; else they are finished, and read to their ends. */
  readonly follow: boolean;
}

/** What the other files are to one that is read. */
export interface FilesBeside {
  /** Paths of those that are followed by themselves. */
  readonly others?: readonly string[];
  /** What they tell of it, where it is read to its end. */
  readonly place?: PlaceInLog;
}

/**
 * Keeps each of the files being read, as a stage of its own.
 *
 * @param read reads one file from the place that it was read to, until its end or the signal; the others are read by themselves.
 * @returns fulfilled when finished logs have been read to their ends, or when the application is asked to stop; at once
 * where there are no files.
 */
export function keepLogFiles(
  stages: Stages,
  files: LogFiles | undefined,
  read: (path: string, positions: Positions, signal: AbortSignal, beside: FilesBeside) => Promise<void>,
): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const paths = files?.paths ?? [];
  let reading = paths.length;
  if (reading === 0) resolve();
  const checked = checkLogs(paths.map(logFileOf), files?.follow === true);
  // Each stage is told by waiting for it; before that nobody listens.
  checked.catch(() => {});
  const places = files?.follow === true ? undefined : checked.then(() => placesInLogs(paths.map(logFileOf)));
  places?.catch(() => {});
  for (const path of paths)
    stages.keep(`file ${path}`, async (signal) => {
      await checked;
      const place = (await places)?.get(logFileOf(path).path);
      const others = paths.filter((other) => other !== path);
      const positions = await files!.positions();
      try {
        await read(path, positions, signal, place === undefined ? { others } : { place });
      } finally {
        positions.close();
      }
      if (--reading === 0) resolve();
    });
  return ended;
}
