import { REPORT_TYPES, toReportJson, type Report } from '@margay/reports';
import type { Stores } from '@margay/storage';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { archivedReport } from './archived-report.ts';
import { reportsPage } from './pages/reports-page.ts';
import { STYLE } from './pages/style.ts';

const PAGE_REPORTS = 50;
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the API serves. */
export interface ApiOptions {
  readonly cluster: string;
  readonly stores: Stores;
}

/** The first page, the list of reports as JSON, and the downloads of each. */
export function apiRoutes(http: FastifyInstance, { cluster, stores }: ApiOptions): void {
  http.addHook('onSend', async (_request, reply) => {
    void reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  http.get<{ Querystring: { cursor?: string } }>('/', async ({ query }, reply) => {
    const { headers, next } = await stores.archive.headers({ limit: PAGE_REPORTS, ...cursorOf(query) });
    return reply.type('text/html; charset=utf-8').send(reportsPage(cluster, headers, next));
  });

  http.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));

  http.get<{ Querystring: { cursor?: string; reportName?: string; reportType?: string } }>(
    '/api/reports',
    async ({ query }) => {
      const { reportName, reportType } = query;
      return stores.archive.headers({
        limit: PAGE_REPORTS,
        ...cursorOf(query),
        ...(reportName && { reportName }),
        ...(reportType && { reportType }),
      });
    },
  );

  http.get<{ Params: { id: string; file: string } }>(
    '/reports/:id/:file',
    async ({ params: { id, file } }, reply) => {
      const report = await archivedReport(stores.archive, id);
      if (report === undefined) return missing(reply, `There is no report ${id}`);
      const download = fileOf(report, file);
      if (download === undefined) return missing(reply, `Report ${id} has no file ${file}`);
      return reply
        .type(download.mediaType)
        .header('content-disposition', `attachment; filename="${id}-${file}"`)
        .send(Readable.from(download.text));
    },
  );
}

const cursorOf = ({ cursor }: { cursor?: string }) => (cursor ? { cursor } : {});

function fileOf(report: Report, file: string): { mediaType: string; text: Iterable<string> } | undefined {
  if (file === 'report.json') return { mediaType: 'application/json', text: toReportJson(report) };
  const download = REPORT_TYPES.get(report.reportTypeName)?.downloads.find(({ name }) => name === file);
  return download && { mediaType: download.mediaType, text: download.render(report) };
}

function missing(reply: FastifyReply, detail: string) {
  return reply.code(404).type('application/problem+json').send({ status: 404, title: 'Not found', detail });
}
