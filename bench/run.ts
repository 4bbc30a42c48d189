import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

/**
 * Runs every benchmark: `npm run bench [-- NAME…] [-- --quick]`. `--entries N` says how many reports the log of `ledger` has.
 *
 * Each benchmark measures what it compares in one run, since machines are noisy: read the ratios, not the times.
 */
type Benchmark = {
  run(print: (line: string) => void, options: { quick: boolean; entries?: number }): Promise<void> | void;
};

/** What needs servers or a browser is run by its name only. */
const NAMES = ['policy', 'history', 'reports', 'ledger', 'ingest', 'hub'];
const ON_SERVERS = ['distributed', 'dashboard'];

const { values, positionals: chosen } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, entries: { type: 'string' } },
  allowPositionals: true,
});
const { quick } = values;
const entries = values.entries === undefined ? undefined : Number(values.entries);
if (entries !== undefined && !(Number.isSafeInteger(entries) && entries > 0))
  throw new Error(`--entries must be a number of reports from 1 on, and is ${values.entries}.`);

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}${quick ? ', quick' : ''}`,
);
for (const name of chosen.length > 0 ? [...NAMES, ...ON_SERVERS] : NAMES) {
  const file = new URL(`./${name}/index.ts`, import.meta.url);
  if ((chosen.length > 0 && !chosen.includes(name)) || !existsSync(file)) continue;
  console.log(`\n## ${name}`);
  const benchmark = (await import(file.href)) as Benchmark;
  await benchmark.run((line) => console.log(line), { quick, ...(entries !== undefined && { entries }) });
}
