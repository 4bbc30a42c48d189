/** One permission of Kubernetes RBAC, in the API group of GlobalReports. */
export interface Permission {
  readonly verb: 'get' | 'list' | 'update';
  readonly resource: 'globalreports' | 'globalreporttypes';
  /** The object: none in particular; the report, or the report's type, of each run that is shown; some report, or its type. */
  readonly of: 'all' | 'report' | 'type' | 'some';
}

/** What a viewer must be permitted to do. */
export interface RightDescription {
  /** In words, after "Needs". */
  readonly needs: string;
  /** Whether it must be known who asks, where the installation asks at all. */
  readonly signedIn: boolean;
  /** All of these. For a type the report's own name does as well: roles have been written that way. */
  readonly permissions: readonly Permission[];
}

const LIST: Permission = { verb: 'list', resource: 'globalreports', of: 'all' };
const GET_REPORT: Permission = { verb: 'get', resource: 'globalreports', of: 'report' };

/** The rights that an operation may need. */
export const RIGHTS = {
  /** For everybody. */
  open: { needs: 'nothing', signedIn: false, permissions: [] },
  'signed-in': { needs: 'a token that is valid', signedIn: true, permissions: [] },
  /** What is of the cluster and of none of its reports. */
  cluster: {
    needs: 'a token that is valid in the cluster, and at a hub `get` of the cluster',
    signedIn: true,
    permissions: [],
  },
  /** Lists hold only what one may get; a run of another report looks as if it were not there. */
  list: {
    needs: '`list` globalreports and `get` of the report',
    signedIn: true,
    permissions: [LIST, GET_REPORT],
  },
  export: {
    needs: '`list` globalreports, `get` of the report and of its type',
    signedIn: true,
    permissions: [LIST, GET_REPORT, { verb: 'get', resource: 'globalreporttypes', of: 'type' }],
  },
  /** Who may change a report may have it computed. */
  run: {
    needs: '`list` globalreports, `get` and `update` of the report',
    signedIn: true,
    permissions: [LIST, GET_REPORT, { verb: 'update', resource: 'globalreports', of: 'report' }],
  },
  /** What is of the cluster and not of one report: of it only what lies in the scope of reports that one may export. */
  scope: {
    needs:
      '`list` globalreports, `get` of some report and of its type; of the cluster that is shown which lies in the scope of such reports',
    signedIn: true,
    permissions: [
      LIST,
      { verb: 'get', resource: 'globalreports', of: 'some' },
      { verb: 'get', resource: 'globalreporttypes', of: 'some' },
    ],
  },
} as const satisfies Readonly<Record<string, RightDescription>>;

export type Right = keyof typeof RIGHTS;
