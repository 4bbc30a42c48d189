import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics/metrics.ts';

/** Why a part is not ready, in a sentence for people; undefined when it is. Throwing is another way to say why. */
export type Check = () => Promise<string | undefined> | string | undefined;

/** Readiness checks by name. */
export type Checks = Readonly<Record<string, Check>>;

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>>;
}

const CHECK_MILLISECONDS = 2_000;

/** Asks every check; one that does not answer within two seconds is not ready. */
export async function readiness(checks: Checks): Promise<Readiness> {
  const asked = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const reason = await reasonOf(check);
      return [name, reason === undefined ? { ready: true } : { ready: false, reason }] as const;
    }),
  );
  return { ready: asked.every(([, { ready }]) => ready), checks: Object.fromEntries(asked) };
}

async function reasonOf(check: Check): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => resolve(`no answer within ${CHECK_MILLISECONDS / 1000} seconds`),
    CHECK_MILLISECONDS,
  );
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Adds `/healthz` (the process answers), `/readyz` (it should get work; 503 with the reasons when not) and `/metrics`.
 */
export function healthRoutes(http: FastifyInstance, checks: Checks, metrics: Metrics): void {
  http.get('/healthz', () => ({ alive: true }));
  http.get('/readyz', async (_, reply) => {
    const state = await readiness(checks);
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  metrics.onScrape(async () => {
    for (const [check, { ready }] of Object.entries((await readiness(checks)).checks)) {
      metrics.ready.set(ready ? 1 : 0, { check });
    }
  });
  http.get('/metrics', async (_, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.exposition()),
  );
}

/** Observes how long each request took, by route. */
export function observeRequests(http: FastifyInstance, metrics: Metrics): void {
  http.addHook('onResponse', async (request, reply) => {
    metrics.httpSeconds.observe(reply.elapsedTime / 1000, {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
    });
  });
}
