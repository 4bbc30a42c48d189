/** A Go template that makes a file. */
export interface ReportTemplate {
  /** Of the file. */
  readonly name: string;
  readonly description?: string;
  /** Plain, or in base64. */
  readonly template: string;
}

/** Resources whose audit events are taken: those that fit all that is given. */
export interface AuditResource {
  /** Lower-case plural. */
  readonly resource?: string;
  readonly apiGroup?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** What a type of report is made of, in the words of a GlobalReportType. */
export interface ReportTypeSpec {
  /** Of a type of users: makes what a list shows of a report. */
  readonly uiSummaryTemplate?: ReportTemplate;
  /** Of a type of users, and there for each of these: makes the files. */
  readonly downloadTemplates?: readonly ReportTemplate[];
  /** Fill endpoints, namespaces, services and their summaries. */
  readonly includeEndpointData: boolean;
  /** Fill flows. */
  readonly includeEndpointFlowLogData: boolean;
  /** Fill the changes of verdicts and their summary. */
  readonly includeProtectionChanges?: boolean;
  /** The resources whose audit events are taken; empty for none. */
  readonly auditEventsSelection: { readonly resources: readonly AuditResource[] };
}
