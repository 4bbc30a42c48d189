import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  OPERATIONS,
  openApi,
  routeOf,
  type Answered,
  type Operation,
  type OperationId,
  type Query,
  type Run,
  type RunsQuery,
} from '@margay/api-contract';
import { formatInstant, parseInstant } from '@margay/ground';
import { endpointKeyOf } from '@margay/policy';
import { TemplateProblem } from '@margay/reports';
import type { ArchivedHeader, Stores } from '@margay/storage';
import { SESSION_COOKIE, tokenOf, type Access, type Viewer } from '../access/access.ts';
import { evidenceZip } from '../exports/evidence-zip.ts';
import { reportPdf } from '../exports/report-pdf.ts';
import { begun, filesOf } from '../exports/stream-file.ts';
import { missing, Problem, refused } from '../problem.ts';
import { clusterStateAt } from './cluster-state.ts';
import { compareEndpoints } from './compare.ts';
import { coverageOf } from './coverage.ts';
import { followRuns } from './follow-runs.ts';
import { policyChange } from './policy-change.ts';
import { completenessOf, contentOf, runsOf } from './runs.ts';
import { isRowKind, select, tablesOf } from './tables.ts';
import { timelineOf } from './timeline.ts';

/** What the API serves. */
export interface ApiOptions {
  readonly cluster: string;
  readonly version: string;
  readonly stores: Stores;
  readonly access: Access;
}

type Id = { readonly id: string };

/** The REST API: `/api/v1/…`, `/api/openapi.json`. Everything in it only reads. */
export function v1Routes(http: FastifyInstance, options: ApiOptions): void {
  const { cluster, version, stores, access } = options;
  const { archive, history } = stores;
  const runs = runsOf(stores);
  const tables = tablesOf(archive);
  const closing = new AbortController();
  http.addHook('preClose', async () => closing.abort());

  const visibleTo = async (viewer: Viewer): Promise<Run[]> => {
    const all = await runs();
    const refs = new Map(all.map((run) => [run.report, { name: run.report, type: run.reportType }]));
    const allowed = new Set((await viewer.listable([...refs.values()])).map(({ name }) => name));
    return all.filter(({ report }) => allowed.has(report));
  };
  /** The run, for a viewer who may do this with it. What one may not even list looks as if it were not there. */
  const runFor = async (
    request: FastifyRequest,
    action: 'list' | 'export',
    { id } = request.params as Id,
  ) => {
    const viewer = await access(request);
    const run = (await runs()).find((found) => found.id === id);
    // Only the run's own report is asked about: an installation may have a thousand others.
    const ref = { name: run?.report ?? '', type: run?.reportType ?? '' };
    const visible = await viewer.listable(run === undefined ? [] : [ref]);
    if (run === undefined || visible.length === 0) throw missing(`run ${id}`);
    if (action === 'export') await viewer.require('export', ref);
    return run;
  };
  const reportFor = async (
    request: FastifyRequest,
    action: 'list' | 'export',
    id = request.params as Id,
  ): Promise<ArchivedHeader> => {
    const run = await runFor(request, action, id);
    const header = await archive.header(run.id);
    if (header === undefined && run.state === 'completed')
      throw missing(`report of run ${run.id} any more: it was removed from the archive`);
    if (header === undefined)
      throw new Problem(409, 'Not finished', `Run ${run.id} is ${run.state}: it has no report yet`);
    return header;
  };
  const tableFor = async (header: ArchivedHeader, kind: string) => {
    if (!isRowKind(kind)) throw missing(`kind of rows called ${kind}`);
    return tables(header.id, kind);
  };

  http.get('/api/openapi.json', async () => openApi(version));

  http.post('/api/v1/session', async (request, reply) => {
    const token = tokenOf(request);
    const { name } = await access(request);
    const secure = request.protocol === 'https' ? '; Secure' : '';
    void reply.header(
      'set-cookie',
      `${SESSION_COOKIE}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict${secure}`,
    );
    return { name };
  });
  http.delete('/api/v1/session', async (_request, reply) => {
    void reply.header('set-cookie', `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`);
    return {};
  });

  route(http, 'cluster', async (request) => {
    const viewer = await access(request);
    const visible = await visibleTo(viewer);
    const span = await history.span();
    return {
      cluster,
      version,
      viewer: viewer.name,
      span: span === undefined ? null : { start: formatInstant(span.first), end: formatInstant(span.last) },
      counts: {
        runs: visible.length,
        reports: new Set(visible.map(({ report }) => report)).size,
        running: visible.filter(({ state }) => state === 'running' || state === 'emitted').length,
      },
      reports: [...new Set(visible.map(({ report }) => report))].sort(),
      reportTypes: [...new Set(visible.map(({ reportType }) => reportType))].sort(),
    };
  });

  route(http, 'runs', async (request) => {
    const query = parsed(OPERATIONS.runs, request);
    const found = (await visibleTo(await access(request))).filter((run) => isFound(run, query));
    const from = query.cursor === undefined ? 0 : found.findIndex(({ id }) => id === idOf(query.cursor!)) + 1;
    if (query.cursor !== undefined && from === 0)
      throw refused('The cursor is of another list: begin again without it.');
    const items = found.slice(from, from + query.limit);
    const last = items.at(-1);
    return {
      items,
      total: found.length,
      next: last !== undefined && from + items.length < found.length ? cursorOf(last.id) : null,
    };
  });

  route(http, 'run', async (request) => {
    const run = await runFor(request, 'list');
    const header = await archive.header(run.id);
    const record = await stores.windows.get(run.id);
    const base = `/api/v1/runs/${encodeURIComponent(run.id)}/downloads`;
    return {
      ...run,
      manual: record?.window.manual ?? false,
      attempt: record?.attempt ?? null,
      spec: header === undefined ? (record?.window.spec ?? null) : contentOf(header).reportSpec,
      evidence:
        header === undefined ? null : { ...completenessOf(contentOf(header)), ...contentOf(header).evidence },
      summaryProblem: (header && contentOf(header).uiSummaryProblem) ?? null,
      rowCounts: header === undefined ? null : contentOf(header).rowCounts,
      archive:
        header === undefined
          ? null
          : {
              sequence: header.sequence,
              previous: header.previous ?? null,
              headerDigest: header.headerDigest,
            },
      downloads:
        header === undefined
          ? []
          : [
              ...filesOf(archive, header).map(({ name, mediaType }) => ({ name, mediaType })),
              { name: 'report.pdf', mediaType: 'application/pdf' },
              { name: 'evidence.zip', mediaType: 'application/zip' },
            ].map((file) => ({ ...file, href: `${base}/${file.name}` })),
    };
  });

  route(http, 'rows', async (request) => {
    const query = parsed(OPERATIONS.rows, request);
    const { kind } = request.params as { kind: string };
    const table = await tableFor(await reportFor(request, 'export'), kind);
    const found = select(table, {
      ...(query.filter !== undefined && { text: query.filter }),
      ...(query.where !== undefined && { where: query.where }),
      ...(query.sort !== undefined && { sort: query.sort }),
    });
    const from = query.offset ?? (query.cursor === undefined ? 0 : Number(idOf(query.cursor)));
    if (!Number.isSafeInteger(from) || from < 0)
      throw refused('The cursor is of another list: begin again without it.');
    const items = found.slice(from, from + query.limit);
    const next = from + items.length;
    return {
      items,
      total: found.length,
      of: table.rows.length,
      next: next < found.length ? cursorOf(String(next)) : null,
    };
  });

  route(http, 'trend', async (request) => {
    const { limit } = parsed(OPERATIONS.trend, request);
    const run = await runFor(request, 'list');
    const items = (await runs()).filter(
      (other) =>
        other.report === run.report && other.state === 'completed' && other.window.end <= run.window.end,
    );
    return { items: items.slice(0, limit).reverse() };
  });

  route(http, 'compare', async (request) => {
    const later = await reportFor(request, 'export');
    const { other } = request.params as { other: string };
    const earlier = await reportFor(request, 'export', { id: other });
    return compareEndpoints(await tables(earlier.id, 'endpoints'), await tables(later.id, 'endpoints'));
  });

  route(http, 'timeline', async (request) => {
    const { endpoint } = parsed(OPERATIONS.timeline, request);
    const { start, end } = await reportFor(request, 'export');
    const key = endpointKeyOf(endpoint);
    const timeline = key && (await timelineOf(history, key, { start, end }));
    if (timeline === undefined) throw missing(`endpoint ${endpoint} in this window`);
    return timeline;
  });

  route(http, 'change', async (request) => {
    const { auditId } = request.params as { auditId: string };
    const header = await reportFor(request, 'export');
    for (const kind of ['auditEvents', 'refusedPolicyWrites'] as const) {
      const found = (await tables(header.id, kind)).rows.find(({ auditID }) => auditID === auditId);
      if (found !== undefined) return policyChange(history, found);
    }
    throw missing(`audit event ${auditId} in this report`);
  });

  http.get('/api/v1/runs/:id/downloads/:name', async (request, reply) => {
    const { id, name } = request.params as { id: string; name: string };
    const header = await reportFor(request, 'export');
    const files = filesOf(archive, header);
    const file = files.find((found) => found.name === name);
    const attach = (mediaType: string) =>
      reply
        .type(mediaType)
        .header('content-disposition', `attachment; filename="${id}-${name}"`)
        .header('etag', `"${header.digest}"`);
    if (file !== undefined) {
      const text = await begun(file).catch((error: unknown) => {
        throw error instanceof TemplateProblem ? failedTemplate(error) : error;
      });
      return attach(file.mediaType).send(Readable.from(text, { objectMode: false }));
    }
    if (name === 'evidence.zip')
      return attach('application/zip').send(Readable.from(evidenceZip(header, files), { objectMode: false }));
    if (name === 'report.pdf') return attach('application/pdf').send(await reportPdf(archive, header));
    throw missing(`file ${name} of run ${id}`);
  });

  route(http, 'state', async (request) => {
    const { at, filter = '', limit } = parsed(OPERATIONS.state, request);
    await (await access(request)).requireCluster();
    const instant = parseInstant(at);
    if (instant === undefined) throw refused(`at is "${at}": give an RFC 3339 time`);
    const state = await clusterStateAt(history, instant);
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const endpoints = state.endpoints.filter(({ endpoint, policies }) =>
      words.every((word) => `${endpoint} ${policies.join(' ')}`.toLowerCase().includes(word)),
    );
    return { ...state, endpoints: endpoints.slice(0, limit), total: endpoints.length };
  });

  route(http, 'coverage', async (request) => {
    await (await access(request)).requireCluster();
    return coverageOf(await stores.coverage.marks());
  });

  http.get('/api/v1/events', async (request, reply) => {
    await access(request);
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    // Asked again with every look: a token may expire, a role be taken away.
    const visible = async () => visibleTo(await access(request));
    const events = followRuns(visible, AbortSignal.any([gone.signal, closing.signal]));
    return reply
      .type('text/event-stream')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(events, { objectMode: false, highWaterMark: 0 }));
  });
}

/** What users wrote into their type of report does not fit this report. */
const failedTemplate = ({ message }: TemplateProblem): Problem =>
  new Problem(
    422,
    'The template of this file fails',
    `${message}. Correct the GlobalReportType; a new run has the new template.`,
  );

/** Serves an operation's JSON with an ETag; nothing is sent where the viewer has it already. */
function route<I extends OperationId>(
  http: FastifyInstance,
  operation: I,
  answer: (request: FastifyRequest) => Promise<Answered<(typeof OPERATIONS)[I]>>,
): void {
  http.get(routeOf(OPERATIONS[operation]), async (request, reply: FastifyReply) => {
    const body = JSON.stringify(await answer(request));
    const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    void reply.header('etag', etag).type('application/json; charset=utf-8');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return body;
  });
}

function parsed<O extends Operation & Required<Pick<Operation, 'query'>>>(
  { query: schema }: O,
  { query }: FastifyRequest,
): Query<O> {
  const result = schema.safeParse(query);
  if (result.success) return result.data as Query<O>;
  const [issue] = result.error.issues;
  throw refused(`${issue?.path.join('.') || 'The query'}: ${issue?.message ?? 'it cannot be read'}`);
}

function isFound(run: Run, query: RunsQuery): boolean {
  const { report, type, state, evidence, from, to, text = '' } = query;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const inText = `${run.report} ${run.reportType} ${run.id}`.toLowerCase();
  return (
    (report === undefined || run.report === report) &&
    (type === undefined || run.reportType === type) &&
    (state === undefined || run.state === state) &&
    (evidence === undefined ||
      (run.evidence !== null && run.evidence.complete === (evidence === 'complete'))) &&
    (from === undefined || Date.parse(run.window.end) > Date.parse(from)) &&
    (to === undefined || Date.parse(run.window.start) < Date.parse(to)) &&
    words.every((word) => inText.includes(word))
  );
}

const cursorOf = (id: string): string => Buffer.from(id).toString('base64url');
const idOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();
