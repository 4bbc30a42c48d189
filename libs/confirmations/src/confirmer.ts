import { shownAddress } from '@margay/runtime';
import { askAuthority, type Authority } from './ask-timestamp.ts';
import { askWitness, type ToConfirm, type Witness } from './ask-witness.ts';

/** Somebody who signs that a checkpoint was there. */
export interface Confirmer {
  /** Who, in confirmations that are kept. */
  readonly by: string;
  readonly kind: 'cosignature' | 'timestamp';
  /** Milliseconds after it confirmed within which it is not asked again; none unless given. */
  readonly restMilliseconds?: number;
  /**
   * Asks, and checks what is answered.
   *
   * @returns what is kept beside the checkpoint. @throws Unconfirmed where it did not.
   */
  confirm(asked: ToConfirm): Promise<string>;
}

/** Who confirms checkpoints of logs. */
export interface Confirmers {
  readonly all: readonly Confirmer[];
  /** So many of those that cosign are enough. */
  readonly witnessesNeeded: number;
}

/** An authority of timestamps as one who confirms. */
export const dating = (authority: Authority, restMilliseconds: number): Confirmer => ({
  by: shownAddress(authority.address),
  kind: 'timestamp',
  restMilliseconds,
  confirm: (asked) => askAuthority(authority, asked),
});

/** A witness as one who confirms. */
export const cosigning = (witness: Required<Witness>): Confirmer => ({
  by: `${witness.key.name}+${witness.key.id}`,
  kind: 'cosignature',
  confirm: (asked) => askWitness(witness, asked),
});
