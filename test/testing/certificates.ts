import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The files of a certificate that signed itself, and of its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

const OPENSSL = 'openssl';

/** Makes such a pair in a folder, for names such as `DNS:localhost`. `what` names the files. */
export function selfSigned(folder: string, what: string, ...names: readonly string[]): Pair {
  const pair = { cert: join(folder, `${what}.crt`), key: join(folder, `${what}.key`) };
  const made = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
  const named = ['-subj', `/CN=${what}`, '-addext', `subjectAltName=${names.join(',')}`];
  execFileSync(OPENSSL, [...made, ...named, '-keyout', pair.key, '-out', pair.cert], { stdio: 'pipe' });
  return pair;
}
