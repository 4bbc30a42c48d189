import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTimestamp, readCertificates, TimestampProblem, timestampRequest } from './index.ts';
import { hasOpenssl, ISSUER, type Made, openAuthorities, SIGNER } from './testing/authority.ts';

const DATA = Buffer.from('margay.example/log\n4\np0AIParXbmiYigVnyOxHKvjeyuizah+/XID/PiF4uiM=\n');
const NONCE = Buffer.from('0123456789abcdef', 'hex');

const ISSUING: Made = { use: '', extensions: ISSUER };
const limited = (below: number): Made => ({
  extensions: ISSUER.replace('CA:TRUE', `CA:TRUE,pathlen:${below}`),
});
const issuingWith = (more: string): Made => ({ extensions: `${ISSUER}${more}` });
const FOREIGN = '1.2.3.4.5=DER:0500\n';
const FOREIGN_CRITICAL = '1.2.3.4.5=critical,DER:0500\n';

if (!hasOpenssl) console.warn('There is no openssl: what it makes and takes of timestamps is not tried.');

describe.skipIf(!hasOpenssl)('openssl as the authority', () => {
  let made: ReturnType<typeof openAuthorities>;
  let chains = 0;
  beforeAll(() => {
    made = openAuthorities();
    made.authority('tsa');
    made.authority('rsa', { key: '-newkey rsa:2048', digest: 'sha512' });
    made.authority('p384', {
      key: '-newkey ec -pkeyopt ec_paramgen_curve:P-384',
      digest: 'sha384',
    });
    made.authority('ran-out', { times: ['20200101000000Z', '20200102000000Z'] });
    made.authority('yet-to-come', { times: ['21000101000000Z', '21010101000000Z'] });
    made.authority('for-nothing', { use: '' });
    made.authority('for-servers', { use: 'critical,serverAuth' });
    made.authority('for-more', { use: 'critical,timeStamping,codeSigning' });
    made.authority('perhaps', { use: 'timeStamping' });
    made.authority('by-a-stranger', { issuer: 'other-root' });
    made.authority('by-another', { issuer: 'tsa' });
  }, 120_000);
  afterAll(() => made.close());

  const asked = async (name = 'tsa') => made.answer(name, await timestampRequest(DATA, NONCE));
  const signedBy = async (name: string, isNamed = true) => made.signedBy(name, await asked(), isNamed);
  const root = (name = 'root') => readCertificates(made.pem(name));

  test.each(['tsa', 'rsa', 'p384'])('%s says when it was there, and who says so', async (name) => {
    const answer = await asked(name);
    const said = await checkTimestamp(answer, { data: DATA, nonce: NONCE, trusted: root() });
    expect(said).toMatchObject({ authority: `O=Example, CN=${name}`, isTrusted: true });
    expect(Math.abs(said.time.getTime() - Date.now())).toBeLessThan(60_000);
    expect(made.takes(answer, DATA)).toBe(true);
    expect(await checkTimestamp(answer, { data: DATA })).toEqual({ ...said, isTrusted: false });
  });

  test('what openssl asks is answered alike, and a certificate that more are trusted with is found', async () => {
    const answer = made.answer('tsa', made.request(DATA));
    const trusted = readCertificates(`${made.pem('other-root')}\n# another\n${made.pem('root')}`);
    expect(await checkTimestamp(answer, { data: DATA, trusted })).toMatchObject({ isTrusted: true });
  });

  test('what another signed as it should be is taken, so that those below are refused for what they are', async () => {
    const answer = await signedBy('rsa');
    expect(await checkTimestamp(answer, { data: DATA, nonce: NONCE, trusted: root() })).toMatchObject({
      authority: 'O=Example, CN=rsa',
    });
    expect(made.takes(answer, DATA)).toBe(true);
  });

  test.each<[string, () => Promise<Buffer<ArrayBuffer>>, RegExp]>([
    ['with another nonce', async () => made.answer('tsa', made.request(DATA)), /another nonce/],
    ['without a nonce', async () => made.answer('tsa', made.request(DATA, '-no_nonce')), /another nonce/],
    ['of another hash', async () => made.answer('tsa', made.request(DATA, '-sha512')), /another hash/],
    ['of something else', async () => made.answer('tsa', made.request(Buffer.from('x'))), /something else/],
  ])('one %s is refused', async (_, answer, words) => {
    const checked = checkTimestamp(await answer(), { data: DATA, nonce: NONCE, trusted: root() });
    await expect(checked).rejects.toThrow(TimestampProblem);
    await expect(checked).rejects.toThrow(words);
  });

  test.each<[string, boolean, RegExp]>([
    ['ran-out', true, /did not lead to one that is trusted/],
    ['yet-to-come', true, /did not lead to one that is trusted/],
    ['by-a-stranger', true, /did not lead to one that is trusted/],
    ['by-another', true, /did not lead to one that is trusted/],
    ['for-nothing', true, /not one for timestamps alone/],
    ['for-servers', true, /not one for timestamps alone/],
    ['for-more', true, /not one for timestamps alone/],
    ['perhaps', true, /not one for timestamps alone/],
    ['rsa', false, /does not name its certificate/],
  ])('one by the certificate %s, named: %s, is refused, as openssl does', async (name, isNamed, words) => {
    const answer = await signedBy(name, isNamed);
    const checked = checkTimestamp(answer, { data: DATA, nonce: NONCE, trusted: root() });
    await expect(checked).rejects.toThrow(TimestampProblem);
    await expect(checked).rejects.toThrow(words);
    expect(made.takes(answer, DATA)).toBe(false);
  });

  test.each<[string, readonly Made[], { readonly isTaken?: true }?]>([
    ['an authority between', [ISSUING], { isTaken: true }],
    ['two authorities between', [ISSUING, ISSUING], { isTaken: true }],
    ['two, the first of which allows one below it', [limited(1), ISSUING], { isTaken: true }],
    ['two, the first of which allows none below it', [limited(0), ISSUING]],
    ['three, the first of which allows one below it', [limited(1), ISSUING, ISSUING]],
    ['three, the second of which allows none below it', [ISSUING, limited(0), ISSUING]],
    ['one with a foreign extension that need not be understood', [issuingWith(FOREIGN)], { isTaken: true }],
    ['one with a foreign extension that must be understood', [issuingWith(FOREIGN_CRITICAL)]],
    ['one that is no authority', [{ extensions: 'basicConstraints=CA:FALSE\nkeyUsage=keyCertSign\n' }]],
    ['one that does not say that it is an authority', [{ extensions: 'keyUsage=keyCertSign\n' }]],
    [
      'one that may not issue certificates',
      [{ extensions: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n' }],
    ],
    [
      'one for names of another',
      [issuingWith('nameConstraints=critical,permitted;dirName:other\n[other]\nO=Other\n')],
    ],
    [
      'one for names of its own',
      [issuingWith('nameConstraints=critical,permitted;dirName:own\n[own]\nO=Example\n')],
      { isTaken: true },
    ],
    ['one that had run out', [{ ...ISSUING, times: ['20200101000000Z', '20200102000000Z'] }]],
    ['one that was yet to come', [{ ...ISSUING, times: ['21000101000000Z', '21010101000000Z'] }]],
    [
      'one, and a signer with a foreign extension that must be understood',
      [ISSUING, { extensions: `${SIGNER}${FOREIGN_CRITICAL}` }],
    ],
    [
      'one, and a signer for keys too',
      [
        ISSUING,
        { extensions: 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n' },
      ],
    ],
    [
      'one, and a signer for agreements alone',
      [ISSUING, { extensions: 'basicConstraints=CA:FALSE\nkeyUsage=critical,keyAgreement\n' }],
    ],
    [
      'one, and a signer that says nothing of its key',
      [ISSUING, { extensions: 'basicConstraints=CA:FALSE\n' }],
      { isTaken: true },
    ],
  ])('with %s it is taken or refused, as openssl does', async (_, chain, { isTaken = false } = {}) => {
    const isSigner = ({ extensions }: Made) =>
      extensions !== undefined && !extensions.includes('CA:TRUE') && chain.length > 1;
    const issuers = chain.filter((each) => !isSigner(each));
    const named = `chain-${++chains}`;
    let issuer = 'root';
    for (const [i, each] of issuers.entries()) {
      const name = `${named}-${i}`;
      made.authority(name, { use: '', ...each, issuer });
      issuer = name;
    }
    const name = `${named}-signer`;
    made.authority(name, { ...chain.find(isSigner), issuer });
    const answer = await signedBy(name);
    expect(made.takes(answer, DATA)).toBe(isTaken);
    const checked = checkTimestamp(answer, { data: DATA, nonce: NONCE, trusted: root() });
    if (isTaken) await expect(checked).resolves.toMatchObject({ isTrusted: true });
    else await expect(checked).rejects.toThrow(TimestampProblem);
  });

  test('what the authority declined has no timestamp, and says why', async () => {
    const request = made.request(DATA);
    const answer = made.answer(
      'tsa',
      Buffer.from(request.toString('latin1').replace('\x02\x01\x01', '\x02\x01\x07'), 'latin1'),
    );
    await expect(checkTimestamp(answer, { data: DATA })).rejects.toThrow(/gave no timestamp: .*version/);
  });

  test('whatever bit of an answer is changed, it says the same or is refused', async () => {
    const answer = await asked();
    const check = { data: DATA, nonce: NONCE, trusted: root() };
    const said = await checkTimestamp(answer, check);
    let refused = 0;
    for (let bit = 0; bit < answer.length * 8; bit += 97) {
      const changed = Buffer.from(answer);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const found = await checkTimestamp(changed, check).catch((error: unknown) => error);
      if (found instanceof TimestampProblem) refused++;
      else expect(found).toEqual(said);
    }
    expect(refused).toBeGreaterThan((answer.length * 8) / 97 / 2);
  });
});

test.each<[string, Buffer<ArrayBuffer>]>([
  ['nothing', Buffer.from('')],
  ['a page', Buffer.from('<html>')],
  ['an empty sequence', Buffer.from([0x30, 0])],
  ['much', Buffer.alloc(100_000, 0x30)],
])('%s is no timestamp', async (_, answer) => {
  await expect(checkTimestamp(answer, { data: DATA })).rejects.toThrow(TimestampProblem);
});

test.each(['', 'x', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
  '%j has no certificates',
  (text) => {
    expect(() => readCertificates(text)).toThrow(TimestampProblem);
  },
);
