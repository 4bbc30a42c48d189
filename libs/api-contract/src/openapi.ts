import * as z from 'zod';
import { cluster, clusters, clusterState } from './answers/cluster.ts';
import { comparison } from './answers/compare.ts';
import { coverage } from './answers/coverage.ts';
import { evidence } from './answers/evidence.ts';
import { askedRun, globalReports } from './answers/global-report.ts';
import { parentRun, parentRuns } from './answers/parent-run.ts';
import { policyChange } from './answers/policy-change.ts';
import { problem } from './answers/problem.ts';
import { ROWS, rows } from './answers/rows.ts';
import { run, runDetail, runs, trend } from './answers/run.ts';
import { session, sessions, signedOut, waysToSignIn } from './answers/session.ts';
import { timeline } from './answers/timeline.ts';
import { BASE, type Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { clusterQuery } from './queries.ts';
import { RIGHTS } from './rights.ts';

/** The names of schemas in the document. Each answer has one. */
const SCHEMAS = {
  Cluster: cluster,
  Clusters: clusters,
  ClusterState: clusterState,
  Comparison: comparison,
  Coverage: coverage,
  AskedRun: askedRun,
  Evidence: evidence,
  GlobalReports: globalReports,
  ParentRun: parentRun,
  ParentRuns: parentRuns,
  PolicyChange: policyChange,
  Problem: problem,
  Endpoint: ROWS.endpoints,
  Namespace: ROWS.namespaces,
  Service: ROWS.services,
  Flow: ROWS.flows,
  AuditEvent: ROWS.auditEvents,
  Rows: rows,
  Run: run,
  RunDetail: runDetail,
  Runs: runs,
  Trend: trend,
  Session: session,
  Sessions: sessions,
  WaysToSignIn: waysToSignIn,
  SignedOut: signedOut,
  Timeline: timeline,
} as const satisfies Readonly<Record<string, z.ZodType>>;

const referenceOf = (name: string) => `#/components/schemas/${name}`;

/** The API in the words of OpenAPI 3.1. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, operation] of Object.entries<Operation>(OPERATIONS))
    (paths[operation.path] ??= {})[operation.method] = described(operationId, operation);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Margay',
      version,
      description:
        'Compliance reports of Kubernetes clusters. All but asking for runs only reads. Times are RFC 3339, UTC. Errors are application/problem+json (RFC 9457). Answers carry an ETag.',
    },
    servers: [{ url: BASE }],
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Where the installation asks for one: a token of the cluster.',
        },
      },
      schemas: schemas(),
    },
    paths,
  };
}

function described(operationId: string, operation: Operation): object {
  const { summary, right, parameters, query, answer } = operation;
  const { needs, signedIn } = RIGHTS[right];
  return {
    operationId,
    summary,
    description: `Needs ${needs}.`,
    ...(!signedIn && { security: [] }),
    parameters: [...parametersOf('path', parameters), ...parametersOf('query', query ?? clusterQuery)],
    responses: {
      200: {
        description: answer.description,
        content: {
          [answer.mediaType]: answer.schema ? { schema: { $ref: referenceTo(answer.schema) } } : {},
        },
      },
      ...Object.fromEntries(
        problemsOf(operation).map((status) => [
          status,
          {
            description: PROBLEMS[status],
            ...((status === 429 || status === 503) && { headers: { 'Retry-After': RETRY_AFTER } }),
            content: { 'application/problem+json': { schema: { $ref: referenceOf('Problem') } } },
          },
        ]),
      ),
    },
  };
}

const PROBLEMS = {
  400: 'A parameter is wrong; the detail says which.',
  401: 'Nobody has signed in, or the token is not valid any more.',
  403: 'A permission is missing; the detail names it.',
  404: 'There is no such run, report, row or file, or not for this viewer.',
  409: 'The run is not finished, what is needed was removed, the report is not what was archived, or the runs are of different types: the detail says which.',
  410: 'The report, or some of its rows, was archived and is not in the archive any more: the detail says which.',
  422: 'The template of the file fails: the detail says where.',
  429: 'More was asked for than may be at once, in all or by one asker; the detail says what.',
  503: 'What is needed for the answer cannot be had now, as while Elasticsearch is away: the detail says what. The same request will do later.',
};

const RETRY_AFTER = {
  description: 'After so many seconds it is worth trying again.',
  required: true,
  schema: { type: 'integer', minimum: 0 },
};

function problemsOf({ right, parameters, query, problems = [] }: Operation): (keyof typeof PROBLEMS)[] {
  const { signedIn, permissions } = RIGHTS[right];
  return [
    ...(query ? [400 as const] : []),
    ...(signedIn ? [401 as const] : []),
    ...(permissions.length > 0 ? [403 as const] : []),
    ...(parameters ? [404 as const] : []),
    ...problems,
    429,
    503,
  ];
}

function referenceTo(schema: z.ZodType): string {
  const [name] = Object.entries(SCHEMAS).find(([, known]) => known === schema) ?? [];
  if (name === undefined)
    throw new Error('An answer has a schema without a name: give it one in SCHEMAS (openapi.ts)');
  return referenceOf(name);
}

/** All schemas, with references to each other. */
function schemas(): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas: found } = z.toJSONSchema(registry, { uri: referenceOf, override: forReaders });
  return Object.fromEntries(
    Object.entries(found).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  );
}

/** What clients need to know, and no more: answers may get more fields, and a list that we do not change is a list. */
function forReaders({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const { type } = zodSchema._zod.def;
  if (type === 'readonly') delete jsonSchema.readOnly;
  if (type === 'object') delete jsonSchema.additionalProperties;
  // The format says it, and nobody can read the expression.
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  // The bounds of what JSON numbers hold exactly.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

function parametersOf(where: 'path' | 'query', schema: z.ZodObject | undefined) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: forReaders,
  });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as { description?: string };
    return {
      name,
      in: where,
      required: required.includes(name),
      ...(description && { description }),
      schema: rest,
    };
  });
}
