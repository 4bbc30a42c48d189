import { existsSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * Runs every benchmark: `npm run bench [-- NAME…] [-- --quick]`.
 *
 * Each benchmark measures what it compares in one run, since machines are noisy: read the ratios, not the times.
 */
type Benchmark = { run(print: (line: string) => void, options: { quick: boolean }): Promise<void> | void };

/** What needs servers or a browser is run by its name only. */
const NAMES = ['policy', 'history', 'reports', 'ledger', 'ingest', 'hub'];
const ON_SERVERS = ['distributed', 'dashboard'];

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const quick = process.argv.includes('--quick');

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}${quick ? ', quick' : ''}`,
);
for (const name of chosen.length > 0 ? [...NAMES, ...ON_SERVERS] : NAMES) {
  const file = new URL(`./${name}/index.ts`, import.meta.url);
  if ((chosen.length > 0 && !chosen.includes(name)) || !existsSync(file)) continue;
  console.log(`\n## ${name}`);
  const benchmark = (await import(file.href)) as Benchmark;
  await benchmark.run((line) => console.log(line), { quick });
}
