import { createHash } from 'node:crypto';
import type { Window } from '@margay/ground';
import { JOB_NAMESPACE, reportEnvironment } from './report-environment.ts';

/** core/v1 PodTemplateSpec, as far as it is read here; everything else is carried over. */
export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
}

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly [field: string]: unknown }[];
  readonly [field: string]: unknown;
}

export interface ReportJobInput {
  readonly template: PodTemplate;
  /** Where Jobs run. */
  readonly namespace: string;
  /** The GlobalReport: with its uid, the Job goes when it goes. */
  readonly report: { readonly apiVersion: string; readonly name: string; readonly uid: string };
  readonly window: Window & { readonly id: string };
  readonly jobNodeSelector?: Readonly<Record<string, string>>;
  /** How often a pod that failed is tried again: 6 unless set. */
  readonly retriesMax?: number;
}

/** A batch/v1 Job. */
export interface Job {
  readonly apiVersion: 'batch/v1';
  readonly kind: 'Job';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly object[];
  };
  readonly spec: { readonly backoffLimit: number; readonly template: PodTemplate };
}

/** By these labels the Jobs of reports are found: all of them, and those of one report. */
export const JOB_LABEL = 'global-report-job';
export const REPORT_ANNOTATION = 'global-report';
export const START_ANNOTATION = 'global-report-start';
export const END_ANNOTATION = 'global-report-end';
export const WINDOW_ANNOTATION = 'global-report-window';

const RETRIES_MAX = 6;
/** A Job's name becomes a label of its pods. */
const NAME_MAX = 63;

/**
 * The Job that makes one report: the template with the window in its environment and the report's nodes chosen. Pure.
 *
 * Its name is a function of report and window, so making it twice is refused by the API server.
 */
export function reportJob(input: ReportJobInput): Job {
  const { template, namespace, report, window, jobNodeSelector, retriesMax = RETRIES_MAX } = input;
  const asked = reportEnvironment({ reportName: report.name, start: window.start, end: window.end });
  const variables = { ...asked, [JOB_NAMESPACE]: namespace };
  const labels = { ...template.metadata?.labels, [JOB_LABEL]: 'true' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(report.name, window.id),
      namespace,
      labels,
      annotations: {
        [REPORT_ANNOTATION]: report.name,
        [WINDOW_ANNOTATION]: window.id,
        [START_ANNOTATION]: asked['TIGERA_COMPLIANCE_REPORT_START_TIME'] ?? '',
        [END_ANNOTATION]: asked['TIGERA_COMPLIANCE_REPORT_END_TIME'] ?? '',
      },
      ownerReferences: [{ ...report, kind: 'GlobalReport', blockOwnerDeletion: false }],
    },
    spec: {
      backoffLimit: retriesMax,
      template: {
        ...template,
        metadata: { ...template.metadata, labels },
        spec: {
          restartPolicy: 'Never',
          ...template.spec,
          // The report's own choice wins over the template's.
          ...((template.spec.nodeSelector || jobNodeSelector) && {
            nodeSelector: { ...template.spec.nodeSelector, ...jobNodeSelector },
          }),
          containers: template.spec.containers.map((container) => withVariables(container, variables)),
        },
      },
    },
  };
}

/** `REPORT-DIGEST`, at most 63 characters, of those that names of Jobs may have. */
export function jobName(reportName: string, windowId: string): string {
  const digest = createHash('sha256').update(`${reportName}\n${windowId}`).digest('hex').slice(0, 10);
  const readable = reportName
    .replaceAll('.', '-')
    .slice(0, NAME_MAX - digest.length - 1)
    .replace(/-+$/, '');
  return `${readable}-${digest}`;
}

function withVariables(container: Container, variables: Readonly<Record<string, string>>): Container {
  const others = (container.env ?? []).filter(({ name }) => !(name in variables));
  return {
    ...container,
    env: [...others, ...Object.entries(variables).map(([name, value]) => ({ name, value }))],
  };
}
