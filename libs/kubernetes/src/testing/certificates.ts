import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder of its own, by openssl, the one program that these tests need beside Node. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'margay-ca-'));
  readonly #own: Pair;
  #issued = 0;

  constructor() {
    this.#own = this.#certify('test authority', []);
  }

  /** The authority's own certificate. */
  get ca(): string {
    return this.#own.cert;
  }

  /** A certificate for a common name and addresses such as `DNS:localhost`. */
  issue(name: string, alternatives: string): Pair {
    const extensions = [`subjectAltName=${alternatives}`, 'basicConstraints=critical,CA:FALSE'];
    const signed = ['-CA', this.#own.cert, '-CAkey', this.#own.key];
    return this.#certify(name, [...signed, ...extensions.flatMap((extension) => ['-addext', extension])]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #certify(name: string, how: readonly string[]): Pair {
    const file = join(this.#folder, String(this.#issued++));
    const pair = { cert: `${file}.crt`, key: `${file}.key` };
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', pair.key];
    const all = ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, ...how, '-out', pair.cert];
    execFileSync(OPENSSL, all, { stdio: 'pipe' });
    return pair;
  }
}

const OPENSSL = 'openssl';
