import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { benchMemory } from './memory.ts';
import { benchReading } from './reading.ts';

/** From lines of an audit log to changes: how fast, and how much memory a live endpoint needs. */
export function run(print: (line: string) => void, { quick = false } = {}): void {
  benchReading(print, quick);
  benchMemory(print, quick);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  run(console.log, { quick: argv.includes('--quick') });
}
