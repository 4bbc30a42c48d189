import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traced, type Log, type Metrics } from '@margay/runtime';
import { textsOf } from '../texts.ts';
import { readBody, type Held } from './body.ts';
import { budgetOf } from './budget.ts';
import type { Credentials } from './credentials.ts';

/** Whom a request is from, as its address says. */
export interface Sender {
  readonly cluster: string;
  readonly source: string;
}

/** What a request brought: the JSON texts in its body, or why that can never be read. */
export type Received = Sender & { readonly sizeBytes: number } & (
    | { readonly kind: 'texts'; readonly texts: readonly string[] }
    | { readonly kind: 'unusable'; readonly reason: 'too-large' | 'not-gzip' }
  );

export interface ReceiverOptions {
  /** Address with `:cluster` and `:source` in it. */
  readonly path: string;
  /** How metrics and logs call the receiver. */
  readonly name: string;
  readonly credentials: Credentials;
  /** The clusters that are known here; all unless given. */
  readonly clusters?: readonly string[];
  /** Of one body, unpacked. 64 MiB unless set: a batch of 400 events with both bodies stays under it. */
  readonly bodyBytesMax?: number;
  /** Of all bodies that are read and not delivered yet; 192 MiB unless set. */
  readonly inFlightBytesMax?: number;
  /** How long a sender waits for a delivery; 20 seconds unless set, below the 30 that the API server waits. */
  readonly deliveryMilliseconds?: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

const RETRY_AFTER_SECONDS = 3;

/**
 * Adds a route that takes what is posted to it and answers 200 when `deliver` has fulfilled.
 *
 * Whoever sends tries again after any other answer, and gives up after a while; so content never gets a 4xx. `deliver`
 * gets what cannot be read too, to be recorded, and must be idempotent: what took too long is sent again.
 *
 * | answer | when |
 * | --- | --- |
 * | 200 | delivered |
 * | 401, 403, 404 | no or wrong credentials, not entitled to the cluster, the cluster is not known here |
 * | 503 with `Retry-After` | too much in flight (at once, the body is not kept), or the delivery failed or takes too long |
 */
export function receive(
  http: FastifyInstance,
  deliver: (received: Received) => Promise<void>,
  options: ReceiverOptions,
): void {
  const { path, name, metrics, log, deliveryMilliseconds = 20_000 } = options;
  const { bodyBytesMax = 64 * 1024 * 1024, inFlightBytesMax = 192 * 1024 * 1024 } = options;
  const budget = budgetOf(inFlightBytesMax);
  metrics.onScrape(async () => metrics.inFlightBytes.set(budget.used, { receiver: name }));

  const refused = (reply: FastifyReply, reason: 'busy' | 'unavailable') => {
    metrics.refusedTotal.add(1, { receiver: name, reason });
    return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ error: reason });
  };

  const take = async (request: FastifyRequest<{ Params: Sender }>, reply: FastifyReply) => {
    const { cluster, source } = request.params;
    const body = await readBody(request.raw, bodyBytesMax, budget).catch((error: unknown) => {
      log.warn('A sender broke off in the middle of a request', { receiver: name, cluster, source, error });
      return undefined;
    });
    // Whoever sent it is gone, so that nobody reads this.
    if (body === undefined) return reply.code(408).send({ error: 'the request broke off' });
    if (body.kind === 'busy') return refused(reply, 'busy');
    if (body.kind === 'unusable') {
      metrics.refusedTotal.add(1, { receiver: name, reason: body.reason });
      log.error('A request can never be read: its content is lost', {
        receiver: name,
        cluster,
        source,
        reason: body.reason,
        sizeBytes: body.sizeBytes,
      });
    }
    const delivery = deliver({
      cluster,
      source,
      ...contentOf(body, request.headers['content-type']),
    }).finally(body.release);
    const outcome = await settledWithin(deliveryMilliseconds, delivery);
    if (outcome === 'delivered') return reply.code(200).send({ delivered: true });
    log.warn('A request was not delivered and will be sent again', {
      receiver: name,
      cluster,
      source,
      ...(outcome === 'late' ? { afterMilliseconds: deliveryMilliseconds } : { error: outcome.error }),
    });
    return refused(reply, 'unavailable');
  };

  // A scope of its own, in which bodies come as they are.
  void http.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.post<{ Params: Sender }>(
      path,
      {
        onRequest: async (request, reply) => {
          const { cluster } = request.params;
          const judgement = options.credentials(request.raw, cluster);
          if (judgement !== 'entitled') {
            metrics.refusedTotal.add(1, { receiver: name, reason: 'credentials' });
            log.warn('A request without right was refused', {
              receiver: name,
              cluster,
              judgement,
              from: request.ip,
            });
            return judgement === 'unknown'
              ? reply
                  .code(401)
                  .header('www-authenticate', 'Bearer')
                  .send({ error: 'credentials are missing or wrong' })
              : reply.code(403).send({ error: `these credentials are not good for cluster ${cluster}` });
          }
          if (options.clusters && !options.clusters.includes(cluster)) {
            return reply.code(404).send({ error: `cluster ${cluster} is not known here` });
          }
          return undefined;
        },
      },
      (request, reply) => traced(`receive ${name}`, { from: request.headers }, () => take(request, reply)),
    );
  });
}

/** Types of bodies that have one JSON value a line, even where only one of the lines is whole. */
const LINES_TYPE = /ndjson|jsonl|json-?lines/i;

function contentOf(body: Exclude<Held, { kind: 'busy' }>, type: string | undefined) {
  if (body.kind === 'unusable') return { kind: body.kind, reason: body.reason, sizeBytes: body.sizeBytes };
  const texts = textsOf(body.bytes.toString('utf8'), LINES_TYPE.test(type ?? ''));
  return { kind: 'texts' as const, texts, sizeBytes: body.bytes.length };
}

/** How a delivery ended, as far as the sender can wait for it. */
async function settledWithin(
  milliseconds: number,
  delivery: Promise<void>,
): Promise<'delivered' | 'late' | { readonly error: unknown }> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), milliseconds);
  try {
    return await Promise.race([
      delivery.then(
        () => 'delivered' as const,
        (error: unknown) => ({ error }),
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
