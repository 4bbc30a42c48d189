import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as asn1js from 'asn1js';
import { SignedData, TimeStampResp } from 'pkijs';

/** Whether there is an openssl that can make and check timestamps. */
export const hasOpenssl = spawnSync('openssl', ['ts', '-help']).status === 0;

/** How a certificate of an authority of timestamps is made. */
export interface Made {
  /** What it may be used for; `critical,timeStamping` unless given. */
  readonly use?: string;
  /** From when and until when, as `YYYYMMDDHHMMSSZ`. */
  readonly times?: readonly [from: string, to: string];
  /** What kind of key; P-256 unless given. */
  readonly key?: string;
  /** SHA-256 unless given. */
  readonly digest?: string;
  /** Who issues it; the root unless given. */
  readonly issuer?: string;
  /** Its extensions, but for `use`, as openssl writes them; those of a signer unless given. */
  readonly extensions?: string;
}

/** The extensions of a signer's certificate. */
export const SIGNER = 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n';
/** Those of an authority that issues certificates. */
export const ISSUER = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';

const P256 = '-newkey ec -pkeyopt ec_paramgen_curve:P-256';
const ALWAYS = ['20200101000000Z', '22000101000000Z'] as const;
/** OID of what a timestamp says. */
const INFO = '1.2.840.113549.1.9.16.1.4';

/** Authorities of timestamps that openssl makes in a folder, under one root. */
export function openAuthorities() {
  const folder = mkdtempSync(join(tmpdir(), 'margay-tsa-'));
  const path = (name: string) => join(folder, name);
  const write = (name: string, content: string | Uint8Array) => writeFileSync(path(name), content);
  const openssl = (words: string) => {
    const args = words.trim().split(/\s+/);
    const { status, stderr, stdout } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${words}: ${stderr}${stdout}`);
  };
  write(
    'openssl.cnf',
    `[req]
distinguished_name=dn
[dn]
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[ca]
database=index.txt
new_certs_dir=.
serial=serial.txt
default_md=sha256
policy=any
unique_subject=no
[any]
organizationName=optional
commonName=supplied
`,
  );
  write('index.txt', '');
  write('serial.txt', '1000\n');
  const root = (name: string) =>
    openssl(
      `req -x509 ${P256} -nodes -days 36500 -subj /O=Example/CN=${name} -config openssl.cnf -extensions root
       -keyout ${name}.key -out ${name}.pem`,
    );
  root('root');
  root('other-root');
  const pem = (name: string) => readFileSync(path(`${name}.pem`), 'utf8');

  /** Names of certificates up to the root, by the first. */
  const chains = new Map<string, readonly string[]>();

  return {
    pem,

    /** Makes one. */
    authority(name: string, made: Made = {}): void {
      const { use = 'critical,timeStamping', times = ALWAYS, key = P256, issuer = 'root' } = made;
      const { digest = 'sha256', extensions = SIGNER } = made;
      openssl(
        `req -new ${key} -nodes -subj /O=Example/CN=${name} -config openssl.cnf -keyout ${name}.key -out ${name}.csr`,
      );
      const uses = use === '' ? '' : `extendedKeyUsage=${use}\n`;
      write(`${name}.ext`, `${uses}${extensions}`);
      // With those of its issuers, but for the root.
      chains.set(name, [name, ...(chains.get(issuer) ?? [])]);
      openssl(
        `ca -batch -notext -config openssl.cnf -name ca -extfile ${name}.ext -cert ${issuer}.pem -keyfile ${issuer}.key
         -in ${name}.csr -startdate ${times[0]} -enddate ${times[1]} -out ${name}.pem`,
      );
      write(
        `${name}.cnf`,
        `[tsa]
serial=${name}.serial
signer_cert=${name}.pem
signer_key=${name}.key
certs=root.pem
signer_digest=${digest}
default_policy=1.2.3.4.1
digests=sha256,sha512
ess_cert_id_alg=${digest}
`,
      );
      write(`${name}.serial`, '01\n');
    },

    /** What one answers to a request. */
    answer(name: string, request: Uint8Array): Buffer<ArrayBuffer> {
      write('request.tsq', request);
      openssl(`ts -reply -config ${name}.cnf -section tsa -queryfile request.tsq -out answer.tsr`);
      return readFileSync(path('answer.tsr'));
    },

    /** The same words signed by another, whatever its certificate is for; without naming it unless `isNamed`. */
    signedBy(name: string, answer: Buffer<ArrayBuffer>, isNamed = true): Buffer<ArrayBuffer> {
      const { timeStampToken } = TimeStampResp.fromBER(answer);
      const { encapContentInfo } = new SignedData({ schema: timeStampToken!.content as unknown });
      write('info.der', Buffer.from(encapContentInfo.eContent!.getValue()));
      const between = (chains.get(name) ?? []).slice(1);
      write('chain.pem', between.map(pem).join(''));
      openssl(
        `cms -sign -binary -nodetach -nosmimecap -md sha256 -econtent_type ${INFO} -signer ${name}.pem -inkey ${name}.key ${between.length > 0 ? '-certfile chain.pem' : ''}
         -in info.der -outform DER -out token.der ${isNamed ? '-cades' : ''}`,
      );
      const token = asn1js.fromBER(readFileSync(path('token.der'))).result;
      const granted = new asn1js.Sequence({ value: [new asn1js.Integer({ value: 0 })] });
      return Buffer.from(new asn1js.Sequence({ value: [granted, token] }).toBER());
    },

    /** The request that openssl itself makes. */
    request(data: Uint8Array, option = ''): Buffer {
      write('data', data);
      openssl(`ts -query -data data -cert -out own.tsq ${option}`);
      return readFileSync(path('own.tsq'));
    },

    /** Whether openssl takes an answer. */
    takes(answer: Uint8Array, data: Uint8Array): boolean {
      write('data', data);
      write('answer.tsr', answer);
      const asked = ['ts', '-verify', '-data', 'data', '-in', 'answer.tsr', '-CAfile', 'root.pem'];
      return spawnSync('openssl', asked, { cwd: folder }).status === 0;
    },

    close: () => rmSync(folder, { recursive: true }),
  };
}
