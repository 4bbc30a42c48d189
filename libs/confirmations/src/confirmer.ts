import { verifierKeyText } from '@margay/ledger';
import { shownAddress } from '@margay/runtime';
import { askAuthority, type Authority, timestampProblem } from './ask-timestamp.ts';
import { askWitness, type ToConfirm, type Witness } from './ask-witness.ts';

/** Somebody who signs that a checkpoint was there. */
export interface Confirmer {
  /** Who, in words and metrics: the name and id of a witness's key, or where an authority is. */
  readonly by: string;
  /** Who, in confirmations that are kept: the whole key of a witness, or where an authority is. */
  readonly keptAs: string;
  readonly kind: 'cosignature' | 'timestamp';
  /** Milliseconds after it confirmed within which it is not asked again; none unless given. */
  readonly restMilliseconds?: number;
  /**
   * Asks, and checks what is answered.
   *
   * @returns what is kept beside the checkpoint. @throws Unconfirmed where it did not.
   */
  confirm(asked: ToConfirm): Promise<string>;
  /** Why what is kept of it is not what it would give now; undefined where it is, or that is not for it to say. */
  readonly problemOf?: (kept: {
    readonly checkpoint: string;
    readonly text: string;
  }) => Promise<string | undefined>;
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
  keptAs: shownAddress(authority.address),
  confirm: (asked) => askAuthority(authority, asked),
  problemOf: (kept) => timestampProblem(authority, kept),
});

/** A witness as one who confirms. */
export const cosigning = (witness: Required<Witness>): Confirmer => ({
  by: `${witness.key.name}+${witness.key.id}`,
  keptAs: verifierKeyText(witness.key),
  kind: 'cosignature',
  confirm: (asked) => askWitness(witness, asked),
});
