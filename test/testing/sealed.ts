import { digestOfJson } from '@margay/ledger';

/** A header of the archive with the digest that it should have: what somebody who changes one and has read the source does. */
export const sealed = ({ headerDigest: _, ...link }: Readonly<Record<string, unknown>>) => ({
  ...link,
  headerDigest: digestOfJson(link),
});
