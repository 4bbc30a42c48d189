import { closeSync, openSync, statSync, writeSync } from 'node:fs';

const PAGE = 4_096;

/** Overwrites a share of the pages of a database with noise; a file without a page stays as it is. */
export function overwritePages(path: string, share: number, random: (n: number) => number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const pages = Math.floor(size / PAGE);
  if (pages === 0) return;
  const file = openSync(path, 'r+');
  for (let i = 0; i < Math.ceil(pages * share); i++) {
    const noise = Buffer.from(Array.from({ length: PAGE }, () => random(256)));
    writeSync(file, noise, 0, PAGE, PAGE * random(pages));
  }
  closeSync(file);
}
