import { runAsProcess } from './cli.ts';

await runAsProcess(process.argv.slice(2));
