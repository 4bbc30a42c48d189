import { TemplateProblem } from '@margay/go-template';
import { isFields, text, TRAIL_RESOURCES } from '@margay/ground';
import { FILES_OF_EVERY_REPORT } from '../files-of-every-report.ts';
import { ManifestProblem, shown } from '../read-global-report.ts';
import type { AuditResource, ReportTemplate, ReportTypeSpec } from '../report-type-spec.ts';
import { REPORT_TYPES } from '../report-types.ts';
import { readReportTemplate } from './custom-type.ts';

/** What a GlobalReportType of users comes to: a type of report. */
export interface CustomReportType {
  readonly name: string;
  readonly spec: ReportTypeSpec;
}

/** A GlobalReportType of users, the object of a type that is built in, or everything that is wrong with the manifest. */
export type ReadReportType =
  | { readonly type: CustomReportType }
  | { readonly builtIn: string }
  | { readonly problems: readonly ManifestProblem[] };

/** The label by which the object of a type that is built in is known: it holds the type's own name. */
export const BUILT_IN_LABEL = 'global-report-type';

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** As file systems take, with what is put in front of it. */
const NAME_MAX = 100;
/** Names that downloads of every report have. */
const TAKEN: ReadonlySet<string> = new Set(FILES_OF_EVERY_REPORT);
/** All templates of a type: the type travels with each of its windows, in a message of at most a megabyte. */
const TEMPLATES_MAX = 256 * 1024;
const FILES_MAX = 100;

/**
 * Reads a GlobalReportType manifest. Each template of a type of users is read too, so that a report does not first fail
 * when somebody downloads it.
 *
 * A type of users that has the name of one that is built in is refused: whoever asks for reports of that name must get what
 * they mean. The objects of the built-in types themselves, which carry `BUILT_IN_LABEL`, are told by that.
 *
 * @param manifest what a YAML or JSON parser makes of it.
 */
export function readReportType(manifest: unknown): ReadReportType {
  const problems: ManifestProblem[] = [];
  const add = (field: string, message: string, remedy: string): void => {
    problems.push(new ManifestProblem(field, message, remedy));
  };
  const object = isFields(manifest) ? manifest : {};
  const metadata = isFields(object['metadata']) ? object['metadata'] : {};
  const { name } = metadata;
  if (typeof name !== 'string' || !NAME.test(name))
    add('metadata.name', `is ${shown(name)}`, 'Use lower-case letters, digits, - and .');
  if (typeof name === 'string' && REPORT_TYPES.has(name)) {
    if (isFields(metadata['labels']) && metadata['labels'][BUILT_IN_LABEL] === name) return { builtIn: name };
    add(
      'metadata.name',
      `is ${name}, as a report type that is built in`,
      'Give your type another name, here and in spec.reportType of its GlobalReports',
    );
  }
  const spec = isFields(object['spec']) ? object['spec'] : {};
  const read = readSpec(spec, add);
  return problems.length > 0 ? { problems } : { type: { name: String(name), spec: read } };
}

type Add = (field: string, message: string, remedy: string) => void;
type Fields = Readonly<Record<string, unknown>>;

function readSpec(spec: Fields, add: Add): ReportTypeSpec {
  const flag = (name: string): boolean => {
    const value = spec[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean')
      add(`spec.${name}`, `is ${shown(value)}`, 'Write true or false');
    return value === true;
  };
  const includeEndpointData = flag('includeEndpointData');
  const includeEndpointFlowLogData = flag('includeEndpointFlowLogData');
  const includeProtectionChanges = flag('includeProtectionChanges');
  if (flag('includeCISBenchmarkData'))
    add('spec.includeCISBenchmarkData', 'is true, and there are no CIS benchmark results', 'Remove it');
  if (includeEndpointFlowLogData && !includeEndpointData)
    add('spec.includeEndpointFlowLogData', 'is of no use without endpoints', 'Set includeEndpointData too');
  const given = spec['downloadTemplates'] ?? [];
  if (!Array.isArray(given)) add('spec.downloadTemplates', 'is no list', 'Give a list of templates');
  const files: readonly unknown[] = Array.isArray(given) ? given : [];
  const summary = spec['uiSummaryTemplate'];
  // Reading what is refused anyway costs as much as it is long.
  if (isTooMuch(files, summary, add)) return { ...NOTHING_READ, includeEndpointData };
  const downloadTemplates = files.flatMap((each, i) =>
    readTemplateField(each, `spec.downloadTemplates[${i}]`, add),
  );
  const seen = new Set<string>();
  for (const [i, { name }] of downloadTemplates.entries()) {
    const field = `spec.downloadTemplates[${i}].name`;
    if (seen.has(name)) add(field, `is ${name}, as that of another one`, 'Give each file a name of its own');
    if (TAKEN.has(name)) add(field, `is ${name}, which every report has`, 'Give it another name');
    seen.add(name);
  }
  const [uiSummaryTemplate] =
    isFields(summary) && summary['template'] !== undefined && summary['template'] !== ''
      ? readTemplateField(summary, 'spec.uiSummaryTemplate', add)
      : [];
  return {
    ...(uiSummaryTemplate && { uiSummaryTemplate }),
    downloadTemplates,
    includeEndpointData,
    includeEndpointFlowLogData,
    ...(includeProtectionChanges && { includeProtectionChanges }),
    auditEventsSelection: { resources: readResources(spec['auditEventsSelection'], add) },
  };
}

const NOTHING_READ = {
  downloadTemplates: [],
  includeEndpointFlowLogData: false,
  auditEventsSelection: { resources: [] },
} as const;

/** Whether there are more templates, or longer ones, than a type may have. */
function isTooMuch(files: readonly unknown[], summary: unknown, add: Add): boolean {
  const length = [...files, summary].reduce<number>(
    (sum, file) => sum + (isFields(file) ? text(file['template']).length : 0),
    0,
  );
  if (length > TEMPLATES_MAX)
    add('spec', `has templates of ${length} characters`, `Keep them below ${TEMPLATES_MAX}`);
  if (files.length > FILES_MAX)
    add('spec.downloadTemplates', `has ${files.length} files`, `Give no more than ${FILES_MAX}`);
  return length > TEMPLATES_MAX || files.length > FILES_MAX;
}

function readTemplateField(given: unknown, field: string, add: Add): ReportTemplate[] {
  const { name, description, template } = isFields(given) ? given : {};
  if (typeof name !== 'string' || name.length > NAME_MAX || !NAME.test(name)) {
    add(`${field}.name`, `is ${shown(name)}`, 'Name the file, as in endpoints.csv');
    return [];
  }
  if (typeof template !== 'string' || template === '') {
    add(`${field}.template`, 'is empty', 'Write a Go template, plain or in base64');
    return [];
  }
  try {
    readReportTemplate(name, template);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    add(`${field}.template`, `${error.template}, line ${error.line}: ${error.what}`, 'Correct the template');
  }
  return [{ name, ...(typeof description === 'string' && { description }), template }];
}

const AUDIT_FIELDS = ['resource', 'apiGroup', 'apiVersion', 'name', 'namespace'] as const;

function readResources(given: unknown, add: Add): AuditResource[] {
  const list = isFields(given) ? given['resources'] : undefined;
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown, i) => {
    const fields = isFields(each) ? each : {};
    const { resource } = fields;
    if (typeof resource === 'string' && resource !== '' && !TRAIL_RESOURCES.includes(resource))
      add(
        `spec.auditEventsSelection.resources[${i}].resource`,
        `is ${shown(resource)}, of which no changes are kept`,
        `Use some of ${TRAIL_RESOURCES.join(', ')}`,
      );
    return Object.fromEntries(
      AUDIT_FIELDS.flatMap((name) =>
        typeof fields[name] === 'string' && fields[name] !== '' ? [[name, fields[name]]] : [],
      ),
    );
  });
}
