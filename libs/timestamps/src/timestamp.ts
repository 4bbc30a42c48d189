import { Buffer } from 'node:buffer';
import { webcrypto } from 'node:crypto';
import * as asn1js from 'asn1js';
import {
  Certificate,
  ContentInfo,
  ExtKeyUsage,
  MessageImprint,
  SignedData,
  SignedDataVerifyError,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';
import { isForSigning, pathProblem } from './path.ts';

/** What is no timestamp, or one that nobody may trust. Says what is wrong with it. */
export class TimestampProblem extends Error {
  override readonly name = 'TimestampProblem';
}

/** That something was there at a time, by somebody (RFC 3161). */
export interface Timestamp {
  readonly time: Date;
  /** The subject of the certificate that signed: `CN=…, O=…`. */
  readonly authority: string;
  /** The certificate leads to one that was given. */
  readonly isTrusted: boolean;
}

/** Certificates of authorities. */
export type Authorities = readonly Certificate[];

/** What a timestamp is checked with. */
export interface TimestampCheck {
  /** What it is to be of. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** That of the request; not looked at unless given. */
  readonly nonce?: Uint8Array;
  /** Certificates that the signer's must lead to, at the time that it says; nobody is trusted without. */
  readonly trusted?: Authorities;
}

const OID = {
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  extKeyUsage: '2.5.29.37',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

/**
 * The request for a timestamp of data, which is sent as SHA-256.
 *
 * @param nonce bytes that nobody can guess.
 * @returns DER (`application/timestamp-query`).
 */
export async function timestampRequest(
  data: Uint8Array<ArrayBuffer>,
  nonce: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: await MessageImprint.create('SHA-256', data),
    nonce: integerOf(nonce),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}

/** A number above 0 that the bytes make. */
const integerOf = (bytes: Uint8Array): asn1js.Integer =>
  asn1js.Integer.fromBigInt(BigInt(`0x01${Buffer.from(bytes).toString('hex')}`));

/** The certificates in a PEM text. @throws TimestampProblem where there are none, or one is none. */
export function readCertificates(pem: string): Authorities {
  const blocks = [
    ...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g),
  ];
  if (blocks.length === 0) throw new TimestampProblem('it has no certificates in PEM');
  return blocks.map(([, base64], i) => {
    try {
      return Certificate.fromBER(Buffer.from(base64!, 'base64'));
    } catch (error) {
      throw new TimestampProblem(`its certificate ${i + 1} is none`, { cause: error });
    }
  });
}

/**
 * Checks the answer of an authority of timestamps: that it is of the data, well signed by a certificate that is for timestamps alone, and where
 * certificates are trusted that it led to one of them at the time that it says.
 *
 * @param answer DER (`application/timestamp-reply`).
 * @throws TimestampProblem
 */
export async function checkTimestamp(
  answer: Uint8Array<ArrayBuffer>,
  { data, nonce, trusted }: TimestampCheck,
): Promise<Timestamp> {
  const signed = signedIn(answer);
  const info = infoIn(signed);
  await checkImprint(info, data);
  if (nonce !== undefined && info.nonce?.isEqual(integerOf(nonce)) !== true)
    throw new TimestampProblem('it has another nonce than was asked with: it is the answer to somebody else');
  const certificate = await signerOf(signed, data, trusted);
  checkUse(certificate);
  await checkNamed(signed, certificate);
  return {
    time: info.genTime,
    authority: nameOf(certificate),
    isTrusted: trusted !== undefined,
  };
}

function signedIn(answer: Uint8Array<ArrayBuffer>): SignedData {
  const response = parsed('it is no answer of an authority of timestamps', () =>
    TimeStampResp.fromBER(wholly(answer)),
  );
  const { status, timeStampToken: token } = response;
  if (status.status > 1)
    throw new TimestampProblem(
      `the authority gave no timestamp: ${status.statusStrings?.map(({ valueBlock: { value } }) => value).join(' ') ?? `status ${status.status}`}`,
    );
  if (token === undefined) throw new TimestampProblem('there is no timestamp in it');
  if (token.contentType !== ContentInfo.SIGNED_DATA) throw new TimestampProblem('nobody signed it');
  const signed = parsed('what is signed cannot be read', () => new SignedData({ schema: token.content }));
  if (signed.signerInfos.length !== 1) throw new TimestampProblem('it is not signed by one alone');
  return signed;
}

function infoIn({ encapContentInfo: { eContentType, eContent } }: SignedData): TSTInfo {
  if (eContentType !== OID.tstInfo || eContent === undefined)
    throw new TimestampProblem('what is signed is no timestamp');
  const info = parsed('what is signed is no timestamp', () => TSTInfo.fromBER(wholly(eContent.getValue())));
  if (Number.isNaN(info.genTime.getTime())) throw new TimestampProblem('the time in it is none');
  return info;
}

/** Bytes that hold one thing. */
function wholly<B extends Uint8Array<ArrayBuffer> | ArrayBuffer>(bytes: B): B {
  const { offset } = asn1js.fromBER(bytes);
  if (offset !== bytes.byteLength) throw new Error('there are bytes behind it');
  return bytes;
}

function parsed<T>(otherwise: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new TimestampProblem(otherwise, { cause: error });
  }
}

async function checkImprint({ messageImprint: of }: TSTInfo, data: Uint8Array<ArrayBuffer>): Promise<void> {
  if (of.hashAlgorithm.algorithmId !== OID.sha256)
    throw new TimestampProblem('it is of another hash than SHA-256');
  const { hashedMessage } = await MessageImprint.create('SHA-256', data);
  if (!of.hashedMessage.isEqual(hashedMessage)) throw new TimestampProblem('it is of something else');
}

/** The certificate that signed it. */
async function signerOf(
  signed: SignedData,
  data: Uint8Array<ArrayBuffer>,
  trusted: TimestampCheck['trusted'],
): Promise<Certificate> {
  try {
    const verified = await signed.verify({
      signer: 0,
      data: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
      extendedMode: true,
      ...(trusted !== undefined && { checkChain: true, trustedCerts: [...trusted] }),
    });
    if (verified.signatureVerified !== true || !verified.signerCertificate)
      throw new TimestampProblem('its signature is wrong: it was changed');
    const { certificatePath: path } = verified;
    const problem = pathProblem(path.length === 0 ? [verified.signerCertificate] : path);
    if (problem !== undefined) throw new TimestampProblem(`of the certificate that signed it: ${problem}`);
    return verified.signerCertificate;
  } catch (error) {
    if (!(error instanceof SignedDataVerifyError)) throw error;
    throw new TimestampProblem(
      WHY.get(error.code) ?? `it was changed, or cannot be checked: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** By the codes of pkijs. */
const WHY: ReadonlyMap<number, string> = new Map([
  [2, 'the certificate that signed it is not in it'],
  [3, 'the certificate that signed it is not in it'],
  [5, 'the certificate that signed it did not lead to one that is trusted when it was signed'],
]);

/** RFC 3161, 2.3: for timestamps, and for nothing else. */
function checkUse(certificate: Certificate): void {
  const use = certificate.extensions?.find(({ extnID }) => extnID === OID.extKeyUsage);
  const purposes = use?.parsedValue instanceof ExtKeyUsage ? use.parsedValue.keyPurposes : [];
  const isForTimestamps = use?.critical === true && purposes.length === 1 && purposes[0] === OID.timeStamping;
  if (!isForTimestamps || !isForSigning(certificate))
    throw new TimestampProblem('the certificate that signed it is not one for timestamps alone');
}

/** What is signed names the certificate too, so that no other one of the same key can be put in its place (RFC 5816). */
async function checkNamed({ signerInfos }: SignedData, certificate: Certificate): Promise<void> {
  const attributes = signerInfos[0]!.signedAttrs?.attributes ?? [];
  const der = certificate.toSchema().toBER();
  for (const { type, values } of attributes) {
    if (type !== OID.signingCertificate && type !== OID.signingCertificateV2) continue;
    const named = parsed('the name of its certificate cannot be read', () => namedIn(values[0]));
    const algorithm = type === OID.signingCertificate ? 'SHA-1' : named.algorithm;
    const digest = Buffer.from(await webcrypto.subtle.digest(algorithm, der));
    if (digest.equals(named.hash)) return;
    throw new TimestampProblem('it names another certificate than the one that signed it');
  }
  throw new TimestampProblem('what is signed does not name its certificate');
}

/** The first certificate of a `SigningCertificate` or `SigningCertificateV2`: `certs[0]`, its hash, and by what that is made. */
function namedIn(value: unknown): { readonly algorithm: string; readonly hash: Buffer } {
  const [certs] = partsOf(value);
  const [first] = partsOf(certs);
  const [algorithm, hash] = partsOf(first);
  if (algorithm instanceof asn1js.OctetString)
    return { algorithm: 'SHA-256', hash: Buffer.from(algorithm.getValue()) };
  const [id] = partsOf(algorithm);
  const name = id instanceof asn1js.ObjectIdentifier ? HASHES.get(id.getValue()) : undefined;
  if (name === undefined || !(hash instanceof asn1js.OctetString)) throw new Error('it has another form');
  return { algorithm: name, hash: Buffer.from(hash.getValue()) };
}

const HASHES: ReadonlyMap<string, string> = new Map([
  [OID.sha256, 'SHA-256'],
  ['2.16.840.1.101.3.4.2.2', 'SHA-384'],
  ['2.16.840.1.101.3.4.2.3', 'SHA-512'],
]);

function partsOf(value: unknown): readonly unknown[] {
  if (!(value instanceof asn1js.Sequence)) throw new Error('it is no sequence');
  return value.valueBlock.value;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
]);

const nameOf = ({ subject }: Certificate): string =>
  subject.typesAndValues
    .map(
      ({ type, value }) =>
        `${SHORT.get(type) ?? type}=${String((value.valueBlock as { value?: unknown }).value)}`,
    )
    .join(', ');
