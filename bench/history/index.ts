import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { benchFolding } from './folding.ts';
import { benchOneKey } from './one-key.ts';

/** From changes to versions: what a change costs when there are many. */
export function run(print: (line: string) => void, { quick = false } = {}): void {
  benchFolding(print, quick);
  benchOneKey(print, quick);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  run(console.log, { quick: argv.includes('--quick') });
}
