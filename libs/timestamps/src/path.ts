import * as asn1js from 'asn1js';
import { BasicConstraints, type Certificate, type Extension } from 'pkijs';

/** What RFC 5280 has that is looked at here or by pkijs. An authority that says that something else must be understood is not. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);
const [KEY_USAGE, BASIC_CONSTRAINTS] = ['2.5.29.15', '2.5.29.19'] as const;

/**
 * What of RFC 5280, 6.1, is wrong with a path and pkijs does not look at: extensions that must be understood, and how many authorities may stand below
 * one. Undefined where nothing is.
 *
 * @param path the certificate that signed first, each behind it that of its issuer.
 */
export function pathProblem(path: readonly Certificate[]): string | undefined {
  for (const [i, certificate] of path.entries()) {
    const { extensions = [] } = certificate;
    const foreign = extensions.find(({ critical, extnID }) => critical && !UNDERSTOOD.has(extnID));
    if (foreign !== undefined)
      return `a certificate on the way from it has the extension ${foreign.extnID}, which must be understood and is not`;
    if (new Set(extensions.map(({ extnID }) => extnID)).size < extensions.length)
      return 'a certificate on the way from it has an extension twice';
    // What an authority issued to itself, as for a new key, is none below it.
    const below = path.slice(1, i).filter(({ subject, issuer }) => !subject.isEqual(issuer)).length;
    if (i > 0 && below > belowMax(extensions))
      return `more authorities stand between it and one that is trusted than that one, or one between them, allows`;
  }
  return undefined;
}

/** How many authorities may stand between the certificate of one and that of a signer. */
function belowMax(extensions: readonly Extension[]): number {
  const constraints = extensions.find(({ extnID }) => extnID === BASIC_CONSTRAINTS)?.parsedValue as unknown;
  const length = constraints instanceof BasicConstraints ? constraints.pathLenConstraint : undefined;
  // One that does not fit into 32 bits is kept as it was written.
  if (length instanceof asn1js.Integer) return length.toBigInt() < 0n ? -1 : Infinity;
  return length ?? Infinity;
}

const [DIGITAL_SIGNATURE, NON_REPUDIATION] = [0x80, 0x40] as const;

/** Whether a certificate is for signing what others are to believe, and for nothing else; where it does not say, it is. */
export function isForSigning({ extensions = [] }: Certificate): boolean {
  const use = extensions.find(({ extnID }) => extnID === KEY_USAGE);
  if (use === undefined) return true;
  const bits: unknown = use.parsedValue;
  if (!(bits instanceof asn1js.BitString)) return false;
  const [first = 0, ...more] = new Uint8Array(bits.valueBlock.valueHexView);
  const signing = DIGITAL_SIGNATURE | NON_REPUDIATION;
  return (first & signing) !== 0 && (first & ~signing) === 0 && more.every((byte) => byte === 0);
}
