/**
 * How much is known of what a source delivered, from best to worst.
 *
 * - `proven`: something proves that all of it arrived, throughout: an unbroken watch.
 * - `no gap seen`: no silence is longer than its own rhythm allows. That is not proof.
 * - `gaps`: some of it is known to be missing.
 * - `not known`: there is nothing to judge by.
 */
export const GRADES = ['proven', 'no gap seen', 'gaps', 'not known'] as const;
export type Grade = (typeof GRADES)[number];

/** The worst of grades; without any nothing is known. */
export const worstOf = (grades: readonly Grade[]): Grade =>
  GRADES.findLast((grade) => grades.includes(grade)) ?? 'not known';

/** Whether a grade lets evidence count as complete. */
export const isWhole = (grade: Grade): boolean => grade === 'proven' || grade === 'no gap seen';
