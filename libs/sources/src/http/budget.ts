/** A bound on how much is held at once. */
export interface Budget {
  /** What is held now. */
  readonly used: number;
  /**
   * Takes an amount if it fits, or if nothing else is held: one that is alone always fits.
   *
   * @param own what whoever asks holds already.
   */
  reserve(amount: number, own?: number): boolean;
  release(amount: number): void;
}

/** A budget of `max`. */
export function budgetOf(max: number): Budget {
  let used = 0;
  return {
    get used() {
      return used;
    },
    reserve(amount, own = 0) {
      if (used > own && used + amount > max) return false;
      used += amount;
      return true;
    },
    release(amount) {
      used -= amount;
    },
  };
}
