import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { benchUpdates } from './index-updates.ts';
import { benchLoad } from './load.ts';
import { benchSelectors } from './selectors.ts';

/** The selector language and the index of policies. */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<void> {
  benchSelectors(print);
  benchUpdates(print, quick);
  benchLoad(print, quick);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  await run(console.log, { quick: argv.includes('--quick') });
}
