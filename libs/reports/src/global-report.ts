import type { Scope } from '@margay/policy';
import type { ReportTypeSpec } from './report-type-spec.ts';

/** The `spec` of a GlobalReport. */
export interface GlobalReportSpec {
  readonly reportType: string;
  /** The endpoints it is about; absent for all. */
  readonly endpoints?: Scope;
  /** Cron, five fields, UTC; absent where it is run by hand only. */
  readonly schedule?: string;
  /** The clusters that it is about, by their labels in configuration; absent where it is about its own alone. */
  readonly clusters?: { readonly selector: string };
  /** Nodes on which its job may run. */
  readonly jobNodeSelector?: Readonly<Record<string, string>>;
  /** No new reports while true. */
  readonly suspend?: boolean;
}

/** A report that users asked for. */
export interface GlobalReport {
  readonly name: string;
  readonly spec: GlobalReportSpec;
  /** What its type is made of, where that is none of those that are built in. */
  readonly typeSpec?: ReportTypeSpec;
}
