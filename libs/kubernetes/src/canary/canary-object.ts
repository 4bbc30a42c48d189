import { fields, text, type CanaryName } from '@margay/ground';
import type { ApiObject } from '../client/resources.ts';

/** Where the object has the canary that was written last: its number and the API server, `1741 10.0.0.1:6443`. */
export const CANARY_ANNOTATION = 'margay.io/canary';

/**
 * Where the object has the last number that somebody took. It is written with the first canary of a round alone, and only where nobody wrote
 * since it was read, so that it never goes back: a canary that was under way for long may come when others have gone on.
 */
export const CANARY_NUMBER_ANNOTATION = 'margay.io/canary-number';

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

/** The last number that was taken; undefined where the object does not say. */
export function takenIn({ metadata }: ApiObject): number | undefined {
  const taken = metadata.annotations?.[CANARY_NUMBER_ANNOTATION] ?? '';
  return /^\d{1,15}$/.test(taken) ? Number(taken) : undefined;
}

/** The last number that is known to be given; undefined where there is none. Older releases wrote canaries alone. */
export function sequenceOf(lease: ApiObject): number | undefined {
  const numbers = [takenIn(lease), canaryIn(lease)?.sequence].filter((one) => one !== undefined);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** Who wrote last. */
export const holderOf = (lease: ApiObject): string => text(fields(lease['spec'])['holderIdentity']);
