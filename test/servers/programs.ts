import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The path of a program of a Go module that `programs.sh` knows, built where that was not done. */
export const programOf = (name: string): string =>
  execFileSync(fileURLToPath(new URL('programs.sh', import.meta.url)), [name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
