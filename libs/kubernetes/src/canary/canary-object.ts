import { fields, text, type CanaryName } from '@margay/ground';
import type { ApiObject } from '../client/resources.ts';

/** Where the object has the canary that was written last: its number and the API server, `1741 10.0.0.1:6443`. */
export const CANARY_ANNOTATION = 'margay.io/canary';

/** What a canary's writer is called: the beginning of the object's uid. */
export const writerOf = (uid: string): string => uid.replaceAll('-', '').slice(0, 12);

export const canaryText = ({ sequence, server }: Pick<CanaryName, 'sequence' | 'server'>): string =>
  `${sequence} ${server}`;

/** The canary that an object shows; undefined where somebody else wrote there. */
export function canaryIn({ metadata }: ApiObject): Pick<CanaryName, 'sequence' | 'server'> | undefined {
  const [, sequence, server] =
    /^(\d{1,15}) (\S+)$/.exec(metadata.annotations?.[CANARY_ANNOTATION] ?? '') ?? [];
  return server === undefined ? undefined : { sequence: Number(sequence), server };
}

export const sequenceOf = (lease: ApiObject): number | undefined => canaryIn(lease)?.sequence;

/** Who wrote last. */
export const holderOf = (lease: ApiObject): string => text(fields(lease['spec'])['holderIdentity']);
