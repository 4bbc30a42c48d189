import type { FastifyError, FastifyInstance } from 'fastify';
import { dashboardAssets } from './dashboard-assets.ts';
import { Problem } from './problem.ts';
import { v1Routes, type ApiOptions } from './v1/v1-routes.ts';

/** What the API serves, to whom, and under which names. */
export interface RoutesOptions extends ApiOptions {
  /**
   * The names that it may be reached under: a page elsewhere cannot make a browser ask it under another name (DNS
   * rebinding). Any name unless given.
   */
  readonly hosts?: readonly string[];
}

/** Everything comes from here, and nothing may be put around it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
};

/** The dashboard, the REST API and its documentation. */
export function apiRoutes(http: FastifyInstance, options: RoutesOptions): void {
  void http.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      void reply.headers(HEADERS);
      const { hosts } = options;
      if (hosts !== undefined && !hosts.includes(request.hostname))
        throw new Problem(
          421,
          'Misdirected request',
          `This is not ${request.hostname}: open one of ${[...new Set(hosts)].join(', ')}. Other names need a token (--permissions)`,
        );
    });
    scope.setErrorHandler<FastifyError | Problem>((error, _request, reply) => {
      const isOurs = error instanceof Problem;
      const status = isOurs ? error.status : (error.statusCode ?? 500);
      // What broke inside is for the log, not for whoever asks.
      const detail =
        status >= 500 && !isOurs ? 'Something failed; the log of the api says what' : error.message;
      if (status === 401) void reply.header('www-authenticate', 'Bearer');
      return reply
        .code(status)
        .type('application/problem+json')
        .send(JSON.stringify({ type: 'about:blank', title: isOurs ? error.title : 'Error', status, detail }));
    });
    v1Routes(scope, options);
    scope.get('/api/*', async ({ url }) => {
      throw new Problem(404, 'Not found', `The API has no ${url}: see /api/docs`);
    });
    for (const [path, { mediaType, body, etag }] of dashboardAssets()) {
      scope.get(path, async (request, reply) => {
        void reply.type(mediaType).header('etag', etag);
        return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body);
      });
    }
  });
}
