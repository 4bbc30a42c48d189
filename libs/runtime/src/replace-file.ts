import { renameSync, writeFileSync } from 'node:fs';

/**
 * Puts a text into a file, whole: a rename replaces the old file with the new one or not at all, and what is in it is on the disk before the
 * name is, so that a power cut leaves no empty one.
 *
 * @param mode of the file.
 * @throws the file system's error where it cannot be written; what was there stays.
 */
export function replaceFile(file: string, text: string, mode = 0o666): void {
  writeFileSync(`${file}.new`, text, { flush: true, mode });
  renameSync(`${file}.new`, file);
}
