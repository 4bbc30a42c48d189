import { readTemplate, TemplateProblem, type Limits, type Template } from '@margay/go-template';
import { isFields, list, text } from '@margay/ground';
import { base64nopad, utf8 } from '@scure/base';
import { inScopeVersusProtected } from '../inventory/inventory.ts';
import { POLICY_AUDIT } from '../policy-audit/policy-audit.ts';
import { ROW_KINDS, type Report } from '../report.ts';
import type { ReportTypeSpec } from '../report-type-spec.ts';
import type { ReportType } from '../report-type.ts';
import { panel, type UiSummary } from '../ui-summary.ts';
import { templateFunctions } from './functions.ts';
import { templateData } from './report-data.ts';
import { SUMMARY_LIMITS, templateLimits } from './template-limits.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};

/** The type of report that a GlobalReportType of users describes. */
export function customReportType(name: string, spec: ReportTypeSpec): ReportType {
  return {
    name,
    spec,
    downloads: (spec.downloadTemplates ?? []).map((file) => ({
      name: file.name,
      mediaType: MEDIA_TYPES[file.name.split('.').at(-1)!] ?? 'text/plain',
      // A template may ask for anything.
      needs: ROW_KINDS,
      isTemplate: true,
      render: (report) => [renderTemplate(file.name, file.template, report)],
    })),
    // What the template made of it when the report was computed; see `computeReport`.
    uiSummary: (header) =>
      header.uiSummary ??
      (spec.includeEndpointData ? inScopeVersusProtected(header) : POLICY_AUDIT.uiSummary(header)),
  };
}

/** Reads a template of a report type. @throws TemplateProblem */
export function readReportTemplate(
  name: string,
  template: string,
  report: Pick<Report, 'flows'> = { flows: [] },
  limits?: Limits,
): Template {
  return readTemplate(name, decodedTemplate(template), templateFunctions(report), limits);
}

/** Renders a template of a report type over a report. @throws TemplateProblem */
function renderTemplate(
  name: string,
  template: string,
  report: Report,
  limits: Limits = templateLimits(report),
): string {
  return readReportTemplate(name, template, report, limits).render(templateData(report));
}

const BASE64 = /^[A-Za-z0-9+/\s]+(?:={1,2}\s*)?$/;

/**
 * The text of a template, which objects hold plain or in base64. It is taken for base64 where all of it is, and what it
 * stands for has an action in it.
 */
export function decodedTemplate(template: string): string {
  if (!BASE64.test(template)) return template;
  try {
    const text = utf8.encode(base64nopad.decode(template.replaceAll(/[\s=]/g, '')));
    return text.includes('{{') ? text : template;
  } catch {
    // It is no base64, or stands for no UTF-8: it is a text of such letters.
    return template;
  }
}

/** What a list shows of a report of such a type, or why nothing can be made of its template. */
export function customSummary(
  template: NonNullable<ReportTypeSpec['uiSummaryTemplate']>,
  report: Report,
): { readonly uiSummary: UiSummary } | { readonly uiSummaryProblem: string } {
  const { name } = template;
  let rendered: string;
  try {
    rendered = renderTemplate(name, template.template, report, SUMMARY_LIMITS);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return { uiSummaryProblem: error.message };
  }
  let json: unknown;
  try {
    json = JSON.parse(rendered);
  } catch (error) {
    return { uiSummaryProblem: `${name}: makes no JSON: ${(error as Error).message}` };
  }
  const summary = isFields(json) ? json : {};
  const rings = list(summary['widgets']).flatMap((widget) => {
    if (!isFields(widget) || widget['type'] !== 'radialbarchart') return [];
    const total = numberOf(isFields(widget['summary']) ? widget['summary']['total'] : undefined);
    return list(widget['data']).flatMap((each) => {
      const value = isFields(each) ? numberOf(each['value']) : undefined;
      if (!isFields(each) || value === undefined || total === undefined) return [];
      return [[text(widget['heading']), text(each['label']), value, total] as const];
    });
  });
  if (rings.length === 0)
    return { uiSummaryProblem: `${name}: has no widgets of type radialbarchart with data and a total` };
  return { uiSummary: panel(text(summary['heading']), rings) };
}

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};
