/** A bound on how much is held at once. */
export interface Budget {
  /** What is held now. */
  readonly used: number;
  /** Takes an amount if it fits, or if nothing is held: one that is alone always fits. */
  reserve(amount: number): boolean;
  release(amount: number): void;
}

/** A budget of `max`. */
export function budgetOf(max: number): Budget {
  let used = 0;
  return {
    get used() {
      return used;
    },
    reserve(amount) {
      if (used > 0 && used + amount > max) return false;
      used += amount;
      return true;
    },
    release(amount) {
      used -= amount;
    },
  };
}
