import { DEFAULT_GROUP } from '../custom-resources/report-types.ts';

/** One thing that Kubernetes RBAC may permit on a cluster-scoped object or, without a name, on all of its kind. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}

/** The report that somebody wants something of. */
export interface ReportRef {
  readonly name: string;
  /** Its type, by which it may be exported. */
  readonly type: string;
}

/** What may be done with archived reports. */
export type Action = 'list' | 'export' | 'run';

/**
 * What an action needs: all of the entries, and of each entry one alternative.
 *
 * | action | globalreporttypes | globalreports |
 * |---|---|---|
 * | list the reports and their summaries | | `list`, and `get` of the report |
 * | export a report | `get` of its type | `get` of the report |
 * | have it computed: a run, a revision | | `get` and `update` of the report |
 *
 * For an export the report's own name counts under `globalreporttypes` as well as its type's: roles have been written that
 * way from the documentation's example on.
 */
export function accessesFor(action: Action, report: ReportRef, group: string = DEFAULT_GROUP): Access[][] {
  const reports = { group, resource: 'globalreports' };
  const types = { group, resource: 'globalreporttypes' };
  const get: Access = { verb: 'get', ...reports, name: report.name };
  switch (action) {
    case 'list':
      return [[{ verb: 'list', ...reports }], [get]];
    case 'run':
      return [[get], [{ ...get, verb: 'update' }]];
    case 'export':
      return [
        [get],
        [
          { verb: 'get', ...types, name: report.type },
          { verb: 'get', ...types, name: report.name },
        ],
      ];
  }
}

/** `get globalreports.projectcalico.org "dev-inventory"`. */
export function accessText({ verb, group, resource, name }: Access): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` "${name}"`}`;
}
