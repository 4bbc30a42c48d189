import { UsageError } from '@margay/terminal';
import type { BroughtEvidence, BroughtPlace } from './read-evidence.ts';

/** What may be brought to be checked, and what it is called. */
const FORMS = {
  report: 'report.json alone',
  zip: 'evidence.zip',
  pdf: 'a PDF',
  checkpoint: 'a checkpoint alone',
  printed: 'what is printed in a PDF',
  archive: 'a whole archive',
} as const;

export type Form = keyof typeof FORMS;

/** What may be asked of what is brought, or helps to show it. */
export interface Asked {
  readonly key: unknown;
  readonly since: unknown;
  readonly growth: unknown;
  readonly witness: unknown;
  readonly witnesses: unknown;
  readonly timestampCa: unknown;
}

/**
 * Each option, and why it is of no use with a form, by those with which it is not. With all others it is used: what it asks for is shown, or
 * the exit code is 1.
 */
const NOT_USED: { readonly [option in keyof Asked]: Readonly<Partial<Record<Form, string>>> } = {
  key: {},
  since: {},
  growth: {
    report: 'it has no place in a log; evidence.zip has',
    archive: 'the whole log is read, and shows by itself that it goes on',
  },
  witness: {},
  witnesses: {},
  timestampCa: {},
};

/** @throws UsageError where something was given that is not used with what was brought. */
export function requireUsed(form: Form, given: Partial<Asked>): void {
  for (const [option, unused] of Object.entries(NOT_USED)) {
    const why = given[option as keyof Asked] === undefined ? undefined : unused[form];
    if (why !== undefined) throw new UsageError(`${flagOf(option)} is not used with ${FORMS[form]}: ${why}`);
  }
}

const flagOf = (option: string): string =>
  `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** What was brought. */
export function formOf(brought: BroughtEvidence | BroughtPlace): Exclude<Form, 'archive'> {
  if ('kind' in brought) return brought.kind;
  return brought.zip === undefined ? 'report' : 'zip';
}
