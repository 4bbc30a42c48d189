import * as z from 'zod';

/** An operation of the API, as it is served and as it is documented. */
export interface Operation {
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  /** What the viewer must be permitted to do. */
  readonly needs: string;
  readonly answer: string;
  readonly mediaType?: string;
}

const words = z.string().max(1_024).optional();
const instant = z.iso.datetime({ offset: true });
const LIST = '`list` globalreports and `get` of the report';
const EXPORT = '`get` of the report and of its type';

/** Queries by operation; unknown parameters are refused, so that a mistyped filter never shows everything. */
export const QUERIES = {
  runs: z.strictObject({
    report: words.meta({ description: 'The name of a GlobalReport.' }),
    type: words.meta({ description: 'The name of a report type.' }),
    state: z.enum(['emitted', 'running', 'completed', 'failed']).optional(),
    evidence: z.enum(['complete', 'gaps']).optional(),
    from: instant.optional().meta({ description: 'Windows that end after this.' }),
    to: instant.optional().meta({ description: 'Windows that start before this.' }),
    text: words.meta({ description: 'Words that stand in the name, the type or the id.' }),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: words.meta({ description: '`next` of the page before.' }),
  }),
  rows: z.strictObject({
    filter: words.meta({ description: 'Words that all stand somewhere in the row.' }),
    where: words.meta({
      description: 'Fields and what they must be: `ingressProtected:false,egressToInternet:true`.',
    }),
    sort: words.meta({ description: 'A field; with `-` before it the greatest first.' }),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    offset: z.coerce.number().int().min(0).optional().meta({ description: 'For a place in a long list.' }),
    cursor: words.meta({ description: '`next` of the page before.' }),
  }),
  trend: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  timeline: z.strictObject({
    endpoint: z
      .string()
      .min(1)
      .max(1_024)
      .meta({ description: 'As reports print it: `Pod.v1(shop/web-1)`.' }),
  }),
  state: z.strictObject({
    at: instant,
    filter: words,
    limit: z.coerce.number().int().min(1).max(1_000).default(200),
  }),
};

/** Every operation, in the order of the documentation. */
export const OPERATIONS = {
  cluster: {
    path: '/cluster',
    summary: 'The cluster, and the time that its history spans.',
    needs: LIST,
    answer: 'Names, version, span and counts.',
  },
  runs: {
    path: '/runs',
    summary: 'Runs of reports, newest window first.',
    query: QUERIES.runs,
    needs: LIST,
    answer: 'A page of runs.',
  },
  run: {
    path: '/runs/{id}',
    summary: 'One run with its evidence and downloads.',
    needs: LIST,
    answer: 'The run.',
  },
  rows: {
    path: '/runs/{id}/rows/{kind}',
    summary:
      'The rows of one kind: endpoints, namespaces, services, auditEvents, refusedPolicyWrites or flows.',
    query: QUERIES.rows,
    needs: EXPORT,
    answer: 'A page of rows.',
  },
  trend: {
    path: '/runs/{id}/trend',
    summary: 'Runs of the same report up to this one, oldest first.',
    query: QUERIES.trend,
    needs: LIST,
    answer: 'The runs.',
  },
  compare: {
    path: '/runs/{id}/compare/{other}',
    summary: 'Endpoints that appeared, vanished, lost or gained protection since the other run.',
    needs: EXPORT,
    answer: 'Names of endpoints.',
  },
  timeline: {
    path: '/runs/{id}/timeline',
    summary: 'The life of one endpoint in the window: what applied when, and who changed what.',
    query: QUERIES.timeline,
    needs: EXPORT,
    answer: 'Spans and events.',
  },
  change: {
    path: '/runs/{id}/changes/{auditId}',
    summary: 'What one event of a policy audit changed: the policy before and after it.',
    needs: EXPORT,
    answer: 'The policy before and after; null where there was none.',
  },
  download: {
    path: '/runs/{id}/downloads/{name}',
    summary: 'A file of the report: those of its type, report.json, report.pdf, evidence.zip.',
    needs: EXPORT,
    answer: 'The file.',
    mediaType: 'application/octet-stream',
  },
  state: {
    path: '/state',
    summary: 'The cluster at one instant, from the history.',
    query: QUERIES.state,
    needs: '`list` and `get` of all globalreports',
    answer: 'Namespaces, policies and endpoints.',
  },
  coverage: {
    path: '/coverage',
    summary: 'What each source delivered over time.',
    needs: '`list` and `get` of all globalreports',
    answer: 'Sources.',
  },
  events: {
    path: '/events',
    summary: 'Server-sent events: `runs` with each run whose state changes.',
    needs: LIST,
    answer: 'A stream that does not end.',
    mediaType: 'text/event-stream',
  },
} as const satisfies Readonly<Record<string, Operation>>;

const BASE = '/api/v1';

/** The API in the words of OpenAPI 3.1. */
export function openApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Margay',
      version,
      description:
        'Compliance reports of a Kubernetes cluster. Read only. Times are RFC 3339, UTC. Errors are application/problem+json (RFC 9457). Answers carry an ETag.',
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
      schemas: {
        Problem: {
          type: 'object',
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
          },
        },
      },
    },
    paths: Object.fromEntries(
      Object.entries<Operation>(OPERATIONS).map(
        ([operationId, { path, summary, query, needs, answer, mediaType = 'application/json' }]) => [
          path,
          {
            get: {
              operationId,
              summary,
              description: `Needs ${needs}.`,
              parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))],
              responses: {
                200: { description: answer, content: { [mediaType]: {} } },
                ...Object.fromEntries(
                  [400, 401, 403, 404].map((status) => [
                    status,
                    {
                      description: PROBLEMS[status],
                      content: {
                        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
                      },
                    },
                  ]),
                ),
              },
            },
          },
        ],
      ),
    ),
  };
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'A parameter is wrong; the detail says which.',
  401: 'Nobody has signed in, or the token is not valid any more.',
  403: 'A permission is missing; the detail names it.',
  404: 'There is no such run, row or file, or not for this viewer.',
};

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodObject) {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { description?: string };
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description && { description }),
      schema: rest,
    };
  });
}
