import { isFields } from '@margay/ground';
import { parseSelector, type Scope, type ScopeCondition, SelectorError } from '@margay/policy';
import type { GlobalReport, GlobalReportSpec } from './global-report.ts';
import type { ReportTypeSpec } from './report-type-spec.ts';
import { REPORT_TYPES } from './report-types.ts';
import { scheduleProblem } from './schedule.ts';

/** What is told of a manifest quotes it, which may be of any length. */
const LENGTH_MAX = 1_000;
const clipped = (text: string): string =>
  text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)} …` : text;

/** Something in a manifest that cannot be used. As text: where, what, and what to do. */
export class ManifestProblem {
  /** `spec.schedule`. */
  readonly field: string;
  readonly message: string;
  readonly remedy: string;

  constructor(field: string, message: string, remedy: string) {
    [this.field, this.message, this.remedy] = [clipped(field), clipped(message), clipped(remedy)];
  }

  toString(): string {
    return `${this.field}: ${this.message}. ${this.remedy}.`;
  }
}

/** What the report types of users are made of, by name. */
type KnownTypes = ReadonlyMap<string, ReportTypeSpec> | 'any';

/** A GlobalReport, or everything that is wrong with its manifest. */
export type ReadGlobalReport =
  { readonly report: GlobalReport } | { readonly problems: readonly ManifestProblem[] };

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const NAME_MAX = 253;
const GROUP = 'projectcalico.org/v3';

/**
 * Reads a GlobalReport manifest. Fields that are not documented are refused rather than ignored: a misspelt scope would make a
 * report about something else.
 *
 * @param manifest what a YAML or JSON parser makes of it.
 * @param types those of users; `any` where they are not known yet.
 */
export function readGlobalReport(manifest: unknown, types: KnownTypes = new Map()): ReadGlobalReport {
  const problems: ManifestProblem[] = [];
  const add = (field: string, message: string, remedy: string): void => {
    problems.push(new ManifestProblem(field, message, remedy));
  };
  if (!isFields(manifest)) {
    add('manifest', 'is not an object', `Write apiVersion: ${GROUP}, kind: GlobalReport, metadata and spec`);
    return { problems };
  }
  // Its API version may be of another group where a cluster's own API server holds Calico's.
  if (manifest['kind'] !== 'GlobalReport')
    add('kind', `is ${shown(manifest['kind'])}`, 'Write kind: GlobalReport');
  const metadata = isFields(manifest['metadata']) ? manifest['metadata'] : {};
  const name = metadata['name'];
  if (typeof name !== 'string' || name.length > NAME_MAX || !NAME.test(name)) {
    add('metadata.name', `is ${shown(name)}`, 'Use lower-case letters, digits, - and .');
  }
  const given = manifest['spec'];
  if (!isFields(given)) add('spec', `is ${shown(given)}`, 'Give at least spec.reportType');
  const spec = readSpec(isFields(given) ? given : {}, types, isFields(given) ? add : () => {});
  const typeSpec = types === 'any' ? undefined : types.get(spec.reportType);
  return problems.length > 0
    ? { problems }
    : { report: { name: String(name), spec, ...(typeSpec && { typeSpec }) } };
}

type Add = (field: string, message: string, remedy: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** Reads a `spec`; what is wrong with it is added. */
function readSpec(spec: Fields, custom: KnownTypes, add: Add): GlobalReportSpec {
  const known = ['reportType', 'endpoints', 'clusters', 'schedule', 'jobNodeSelector', 'suspend', 'cis'];
  noOthers(spec, known, 'spec', add);
  const types = [...REPORT_TYPES.keys(), ...(custom === 'any' ? [] : custom.keys())];
  const isKnown = (name: string) => custom === 'any' || types.includes(name);
  const { reportType, schedule, suspend, jobNodeSelector, cis } = spec;
  if (typeof reportType !== 'string' || !isKnown(reportType))
    add('spec.reportType', `is ${shown(reportType)}`, `Use one of ${types.join(', ')}`);
  if (schedule !== undefined && typeof schedule !== 'string')
    add('spec.schedule', `is ${shown(schedule)}`, "Write cron as text, such as '0 0 * * *'");
  const wrong = typeof schedule === 'string' ? scheduleProblem(schedule) : undefined;
  if (wrong !== undefined)
    add('spec.schedule', wrong, "Write minute, hour, day, month, weekday, such as '0 0 * * *'");
  if (suspend !== undefined && typeof suspend !== 'boolean')
    add('spec.suspend', `is ${shown(suspend)}`, 'Write true or false');
  if (jobNodeSelector !== undefined && !isTexts(jobNodeSelector))
    add(
      'spec.jobNodeSelector',
      `is ${shown(jobNodeSelector)}`,
      'Map label names to texts, quoted where YAML needs it',
    );
  if (cis !== undefined)
    add('spec.cis', 'is for reports of type cis-benchmark, which there are none of', 'Remove it');
  const endpoints = readScope(spec['endpoints'], add);
  const clusters = readClusters(spec['clusters'], add);
  if (clusters !== undefined && schedule === undefined)
    add(
      'spec.schedule',
      'is not given, and runs over many clusters (spec.clusters) are begun by a schedule alone',
      "Give one, such as '0 0 * * *'",
    );
  if (clusters !== undefined && jobNodeSelector !== undefined)
    add(
      'spec.jobNodeSelector',
      'chooses nodes of one cluster, and spec.clusters is about several',
      'Remove one of them',
    );
  return {
    reportType: String(reportType),
    ...(endpoints !== undefined && { endpoints }),
    ...(clusters !== undefined && { clusters }),
    ...(typeof schedule === 'string' && { schedule }),
    ...(isTexts(jobNodeSelector) && { jobNodeSelector }),
    ...(typeof suspend === 'boolean' && { suspend }),
  };
}

function readClusters(given: unknown, add: Add): GlobalReportSpec['clusters'] {
  const field = 'spec.clusters';
  if (given === undefined || given === null) return undefined;
  if (!isFields(given)) {
    add(field, `is ${shown(given)}`, 'Give a selector');
    return undefined;
  }
  noOthers(given, ['selector'], field, add);
  const selector = readSelector(given['selector'], `${field}.selector`, add);
  // One that is misspelt must not be about all of them.
  if ((given['selector'] ?? undefined) === undefined)
    add(`${field}.selector`, 'is not given', 'Write all() for every cluster');
  return { selector: selector ?? '' };
}

function readScope(given: unknown, add: Add): Scope | undefined {
  const field = 'spec.endpoints';
  if (given === undefined || given === null) return undefined;
  if (!isFields(given)) {
    add(field, `is ${shown(given)}`, 'Give selector, namespaces or serviceAccounts');
    return undefined;
  }
  noOthers(given, ['selector', 'namespaces', 'serviceAccounts'], field, add);
  const namespaces = readCondition(given['namespaces'], `${field}.namespaces`, add);
  const serviceAccounts = readCondition(given['serviceAccounts'], `${field}.serviceAccounts`, add);
  const selector = readSelector(given['selector'], `${field}.selector`, add);
  return {
    ...(selector !== undefined && { selector }),
    ...(namespaces !== undefined && { namespaces }),
    ...(serviceAccounts !== undefined && { serviceAccounts }),
  };
}

function readCondition(given: unknown, field: string, add: Add): ScopeCondition | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isFields(given)) {
    add(field, `is ${shown(given)}`, 'Give names, a selector, or both');
    return undefined;
  }
  noOthers(given, ['names', 'selector'], field, add);
  const { names } = given;
  const listed = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (names !== undefined && names !== null && !listed)
    add(`${field}.names`, `is ${shown(names)}`, 'Give a list of names');
  const selector = readSelector(given['selector'], `${field}.selector`, add);
  return { ...(listed && { names }), ...(selector !== undefined && { selector }) };
}

function readSelector(given: unknown, field: string, add: Add): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'string') {
    add(field, `is ${shown(given)}`, 'Write a selector as text; one with a leading ! must be quoted');
    return undefined;
  }
  try {
    parseSelector(given);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    add(field, error.message, "Write a selector such as app == 'web' && !has(test)");
  }
  return given;
}

/** The name of a field that is not known. */
const shownName = (name: string): string =>
  /^[\w.-]{1,24}$/.test(name) ? name : `(a name of ${name.length} characters)`;

function noOthers(given: Fields, known: readonly string[], field: string, add: Add): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      add(`${field}.${shownName(name)}`, 'is not a field of a GlobalReport', `Use ${known.join(', ')}`);
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((field) => typeof field === 'string');
}

/** Characters of a value that is repeated: a word. */
const SHOWN_MAX = 24;

/** A value that cannot be used. What is longer than a word is not repeated: it may be what nobody meant to write here. */
export function shown(value: unknown): string {
  if (value === undefined) return 'not given';
  const text = JSON.stringify(value);
  if (text.length <= SHOWN_MAX) return text;
  const what = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : 'a text';
  return `${what} of ${text.length} characters`;
}
