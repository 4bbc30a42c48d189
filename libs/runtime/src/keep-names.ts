import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Brings to the disk which files a folder has: a file whose name is not there yet is gone after a power cut. */
export function keepNames(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
