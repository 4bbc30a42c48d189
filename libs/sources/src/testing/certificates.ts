import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** An authority in a folder of its own, made with openssl. */
export interface Authority {
  /** The authority's own certificate. */
  readonly ca: string;
  /** A certificate by this authority, for a common name and addresses such as `DNS:localhost`. */
  issue(name: string, alternatives: string): Pair;
  remove(): void;
}

/** The one program that these tests need beside Node. */
const PROGRAM = 'openssl';
const openssl = (...args: string[]) => execFileSync(PROGRAM, args, { stdio: 'pipe' });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority. */
export function newAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'margay-ca-'));
  const at = (file: string) => join(folder, file);
  const ca = { cert: at('ca.crt'), key: at('ca.key') };
  openssl(
    'req',
    '-x509',
    ...EC,
    '-subj',
    '/CN=test authority',
    '-days',
    '2',
    '-keyout',
    ca.key,
    '-out',
    ca.cert,
  );
  let issued = 0;
  return {
    ca: ca.cert,
    issue(name, alternatives) {
      const file = at(String(issued++));
      const pair = { cert: `${file}.crt`, key: `${file}.key` };
      const signed = ['-CA', ca.cert, '-CAkey', ca.key, '-days', '2', '-subj', `/CN=${name}`];
      const leaf = [
        '-addext',
        `subjectAltName=${alternatives}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
      ];
      openssl('req', '-x509', ...EC, ...signed, ...leaf, '-keyout', pair.key, '-out', pair.cert);
      return pair;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
