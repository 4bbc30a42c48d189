/** How long to wait before trying again, in milliseconds. */
export interface Pauses {
  /** The pause after the first failure; each next one is twice as long. */
  readonly first: number;
  readonly longest: number;
  /**
   * From 0 up to 1, by chance, where many try at once: a pause is then anywhere between its half and its whole, so that they
   * spread. Absent = the whole.
   */
  readonly chance?: number;
}

/**
 * The pause after so many failures one after the other.
 *
 * @param failures 1 or more.
 */
export function pauseAfter(failures: number, { first, longest, chance = 1 }: Pauses): number {
  const whole = Math.min(longest, first * 2 ** (failures - 1));
  return Math.round(whole * (0.5 + chance / 2));
}
