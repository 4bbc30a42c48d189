import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { misfitsOf } from './cluster-names.ts';

/** Environment variables, or anything that looks like them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A service's settings: one zod schema a variable, by its name. */
export type SettingsSchema = z.ZodObject;

/** The settings cannot be used: the message names every variable that is missing or wrong. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const SECRETS_SUFFIX = '_FILE';

/**
 * The settings that an environment gives.
 *
 * An empty variable counts as absent. `X_FILE` names a file whose content, without white space around it, is `X`; it
 * may be given instead of `X` for every setting, which is how secrets come in.
 *
 * Names of clusters in one setting that another one does not have cannot be used either: see `misfitsOf`.
 *
 * @throws ConfigurationError that names everything which is missing or wrong, so that one start shows it all. Values
 * of secrets, and of settings that may hold one by mistake, are not shown.
 */
export function readConfig<S extends SettingsSchema>(
  schema: S,
  environment: Environment = process.env,
): z.output<S> {
  const problems = new Map<string, string>();
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const read = readVariable(name, schema.shape, environment);
    if (read.problem !== undefined) problems.set(name, read.problem);
    if (read.value !== undefined) given[name] = read.value;
  }
  const { data, error } = schema.safeParse(given);
  for (const issue of error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    if (!problems.has(name)) problems.set(name, sentence(name, issue, schema.shape[name], given[name]));
  }
  for (const { name, message } of data === undefined
    ? []
    : misfitsOf(data, given['CLUSTER_NAME'] !== undefined))
    problems.set(name, sentence(name, { code: 'custom', message }, schema.shape[name], given[name]));
  if (problems.size > 0) {
    throw new ConfigurationError(
      `These settings cannot be used:\n${[...problems.values()].map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return data as z.output<S>;
}

/** What is written beside a setting's type: `z.string().meta({ description, unit, secret })`. */
export interface SettingNotes {
  readonly description?: string;
  readonly unit?: string;
  /** True when the value must not be shown. */
  readonly secret?: boolean;
  /** False when a value that cannot be used must not be shown: it may be a secret that was put in the wrong place. */
  readonly isQuoted?: boolean;
}

/** The notes of one setting. */
export const notesOf = (setting: unknown): SettingNotes =>
  ((setting as z.ZodType | undefined)?.meta() as SettingNotes | undefined) ?? {};

/** Whether somebody gives a setting, by itself or by the file that its `_FILE` twin names. */
export const isGiven = (name: string, environment: Environment): boolean =>
  Boolean(environment[name] || environment[`${name}${SECRETS_SUFFIX}`]);

/** A variable's text, from itself or from the file that its `_FILE` twin names. */
function readVariable(
  name: string,
  shape: Readonly<Record<string, unknown>>,
  environment: Environment,
): { value?: string; problem?: string } {
  const value = environment[name] || undefined;
  const twin = `${name}${SECRETS_SUFFIX}`;
  const path = twin in shape ? undefined : environment[twin] || undefined;
  if (path === undefined) return value === undefined ? {} : { value };
  if (value !== undefined) return { problem: `${name} and ${twin} are both set: keep one of them` };
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? { problem: `${twin} names ${path}, which is empty` } : { value: text };
  } catch (error) {
    return {
      problem: `${twin} names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    };
  }
}

function sentence(
  name: string,
  issue: Pick<z.core.$ZodIssue, 'code' | 'message'>,
  setting: unknown,
  value: string | undefined,
): string {
  const { description, secret, isQuoted = true } = notesOf(setting);
  if (name === '') return issue.message;
  if (value === undefined && issue.code === 'invalid_type') {
    return `${name} is missing${description === undefined ? '' : `: ${description}`}`;
  }
  const isHidden = secret === true || !isQuoted;
  const shown = value === undefined ? '' : isHidden ? ' (not shown)' : ` is ${JSON.stringify(value)}`;
  return `${name}${shown}: ${issue.message.replace(', received NaN', '').replace(/^Invalid input: /, '')}`;
}
