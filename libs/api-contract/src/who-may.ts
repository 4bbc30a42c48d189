import type { Operation } from './operation.ts';
import { OPERATIONS, type OperationId } from './operations.ts';
import { type Permission, RIGHTS } from './rights.ts';

/** What a role grants: a verb on a resource, on one object or, without a name, on all. */
export interface Grant {
  readonly verb: Permission['verb'];
  readonly resource: Permission['resource'];
  readonly name?: string;
}

/** The report that the documented answers are about. */
export const DOCUMENTED_REPORT = { name: 'dev-inventory', type: 'inventory' };
/** A report that David may not get. */
export const ANOTHER_REPORT = { name: 'weekly-full-inventory', type: 'inventory' };

const LIST: Grant = { verb: 'list', resource: 'globalreports' };
const GET: Grant = { verb: 'get', resource: 'globalreports' };

/** The users of the documentation, whose roles are in `permissions.yaml`, and one without any; of `undefined` there is no valid token. */
export const DOCUMENTED_USERS: Readonly<Record<string, readonly Grant[] | undefined>> = {
  'no token': undefined,
  nobody: [],
  paul: [LIST, GET, { verb: 'update', resource: 'globalreports' }],
  candice: [LIST, GET, { verb: 'get', resource: 'globalreporttypes' }],
  david: [
    LIST,
    { ...GET, name: DOCUMENTED_REPORT.name },
    { verb: 'get', resource: 'globalreporttypes', name: DOCUMENTED_REPORT.name },
  ],
};

/** The status that somebody with these grants is answered with where the path names the report; 200 where it is served. */
export function answerFor(
  { right, together, runs = [], report: named, parentRun }: Operation,
  grants: readonly Grant[] | undefined,
  report: { readonly name: string; readonly type: string },
): 200 | 401 | 403 | 404 {
  const { signedIn, permissions } = RIGHTS[right];
  if (!signedIn) return 200;
  if (grants === undefined) return 401;
  const has = ({ verb, resource }: Permission, names: readonly string[]) =>
    grants.some(
      (grant) =>
        grant.verb === verb &&
        grant.resource === resource &&
        (grant.name === undefined || names.includes(grant.name)),
    );
  // For a type the report's own name does as well.
  const namesOf = ({ resource }: Permission, { name, type }: typeof report) =>
    resource === 'globalreporttypes' ? [type, name] : [name];
  const isNamed = runs.length > 0 || named !== undefined || parentRun !== undefined;
  for (const permission of permissions) {
    const reports = permission.of === 'some' ? [DOCUMENTED_REPORT, ANOTHER_REPORT] : [report];
    const names = permission.of === 'all' ? [] : reports.flatMap((each) => namesOf(permission, each));
    if (has(permission, names)) continue;
    // What one may not get is not in lists, and looks as if it were not there.
    if (together || permission.verb !== 'get' || permission.of !== 'report') return 403;
    if (isNamed) return 404;
  }
  return 200;
}

const COLUMNS = [
  ...Object.keys(DOCUMENTED_USERS).map((user) => ({ user, report: DOCUMENTED_REPORT, title: user })),
  { user: 'david', report: ANOTHER_REPORT, title: `david, \`${ANOTHER_REPORT.name}\`` },
];

/** What each route answers to each of these users, of a report that is finished: `docs/permissions.md` has it as a table. */
export const documentedAnswers = (Object.entries(OPERATIONS) as [OperationId, Operation][]).map(
  ([id, operation]) => ({
    id,
    operation,
    answers: COLUMNS.map(({ user, report }) => ({
      user,
      report,
      status: answerFor(operation, DOCUMENTED_USERS[user], report),
    })),
  }),
);

/** The answers as a table in Markdown. */
export function whoMayTable(): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['route', 'right', ...COLUMNS.map(({ title }) => title)]),
    line(['---', '---', ...COLUMNS.map(() => '---')]),
    ...documentedAnswers.map(({ operation: { method, path, right }, answers }) =>
      line([`\`${method.toUpperCase()} ${path}\``, right, ...answers.map(({ status }) => status)]),
    ),
  ].join('\n');
}
