import type { IncomingMessage } from 'node:http';
import { traced, type Log, type Metrics } from '@margay/runtime';
import { openListener, type HttpServer, type ServeOptions } from '@margay/runtime/nest';
import {
  Controller,
  HttpException,
  Inject,
  Injectable,
  Post,
  Req,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBody, type Held } from '../http/body.ts';
import { budgetOf, type Budget } from '../http/budget.ts';
import type { Credentials, Entitlement } from '../http/credentials.ts';
import { answerTo } from '../http/answer.ts';
import { hasTooManyMessages, isProtobuf, OTLP_LOGS, otlpJson } from '../http/otlp.ts';
import { isTooMuch, type UnusableReason } from '../http/unusable.ts';

/** Whom a request is from, as its address says. */
export interface Sender {
  readonly cluster: string;
  readonly source: string;
}

/** What a request brought: its body as text, or why that can never be read. */
export type Received = Sender & { readonly sizeBytes: number } & (
    | {
        readonly kind: 'text';
        readonly text: string;
        /** What is wrong with the rest of the body, which can never be read. */
        readonly unreadable?: string;
      }
    | {
        readonly kind: 'unusable';
        readonly reason: UnusableReason;
        /** What it begins with, where that can be read: a few characters. */
        readonly begin: string;
      }
  );

export interface ReceiverOptions {
  /** Address with `:cluster` and `:source` in it; below it, at `/v1/logs`, exporters of OpenTelemetry post. */
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
const BODY_BYTES_MAX = 64 * 1024 * 1024;

type Deliver = (received: Received) => Promise<void>;
type Posted = FastifyRequest<{ Params: Sender }>;

const RECEPTION = 'RECEPTION';

/** What a receiver's guard and controller work with. */
interface Reception extends ReceiverOptions {
  readonly deliver: Deliver;
  readonly budget: Budget;
}

/**
 * Opens a listener with one address, which takes what is posted to it and answers 200 when `deliver` has fulfilled. Firehose and Pub/Sub
 * post to it as everybody does: see `answerTo`.
 *
 * Whoever sends tries again after any other answer, and gives up after a while; so content gets no 4xx, but for what is too large, whose
 * sender has to be set up otherwise. `deliver` gets what cannot be read too, to be recorded, and must be idempotent: what took too long is
 * sent again.
 *
 * | answer | when |
 * | --- | --- |
 * | 200 | delivered |
 * | 413 | larger than what is taken, or of more values than are read at once; that it is lost is recorded |
 * | 401, 403, 404 | no or wrong credentials, not entitled to the cluster, the cluster is not known here |
 * | 503 with `Retry-After` | too much in flight (at once, the body is not kept), or the delivery failed or takes too long |
 *
 * @throws Error for an address that is taken.
 */
export function openReceiver(deliver: Deliver, options: ReceiverOptions & ServeOptions): Promise<HttpServer> {
  const { path, name, metrics, inFlightBytesMax = 192 * 1024 * 1024 } = options;
  const budget = budgetOf(inFlightBytesMax);
  metrics.onScrape(async () => metrics.inFlightBytes.set(budget.used, { receiver: name }));
  const reception: Reception = { ...options, deliver, budget };
  return openListener(
    {
      module: class ReceiverModule {},
      controllers: [controllerAt(path)],
      providers: [{ provide: RECEPTION, useValue: reception }],
    },
    options,
  );
}

/** Lets those in who may deliver for the cluster in the address, before anything of the body is read. */
@Injectable()
class SenderGuard implements CanActivate {
  readonly #reception: Reception;

  constructor(@Inject(RECEPTION) reception: Reception) {
    this.#reception = reception;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { name, clusters, metrics, log } = this.#reception;
    const http = context.switchToHttp();
    const request = http.getRequest<Posted>();
    const { cluster } = request.params;
    const refusal = (status: number, error: string) =>
      new HttpException(answerTo(request.raw, { error }), status);
    const judgement = await this.#judged(request.raw, cluster);
    if (judgement === undefined) {
      void http.getResponse<FastifyReply>().header('retry-after', RETRY_AFTER_SECONDS);
      throw refusal(503, 'unavailable');
    }
    if (judgement !== 'entitled') {
      metrics.refusedTotal.add(1, { receiver: name, reason: 'credentials' });
      log.warn('A request without right was refused', {
        receiver: name,
        cluster,
        judgement,
        from: request.ip,
      });
      if (judgement === 'forbidden')
        throw refusal(403, `these credentials are not good for cluster ${cluster}`);
      void http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
      throw refusal(401, 'credentials are missing or wrong');
    }
    if (clusters && !clusters.includes(cluster)) throw refusal(404, `cluster ${cluster} is not known here`);
    return true;
  }

  /** Undefined where that cannot be found out just now. */
  async #judged(request: IncomingMessage, cluster: string): Promise<Entitlement | undefined> {
    const { name, credentials, metrics, log } = this.#reception;
    try {
      return await credentials(request, cluster);
    } catch (error) {
      metrics.refusedTotal.add(1, { receiver: name, reason: 'unavailable' });
      log.error('Whether a sender may deliver cannot be found out', { receiver: name, cluster, error });
      return undefined;
    }
  }
}

/** All addresses of a receiver. */
export const receiverPaths = (path: string): readonly string[] => [path, `${path}${OTLP_LOGS}`];

/** The controller of a receiver whose address is known when it is opened. */
function controllerAt(path: string): Type {
  @Controller()
  @UseGuards(SenderGuard)
  class ReceiverController {
    readonly #reception: Reception;

    constructor(@Inject(RECEPTION) reception: Reception) {
      this.#reception = reception;
    }

    @Post([...receiverPaths(path)])
    async receive(@Req() request: Posted, @Res() reply: FastifyReply): Promise<void> {
      await traced(`receive ${this.#reception.name}`, { from: request.headers }, () =>
        take(request, reply, this.#reception),
      );
    }
  }
  return ReceiverController;
}

async function take(request: Posted, reply: FastifyReply, reception: Reception): Promise<void> {
  const {
    name,
    metrics,
    log,
    budget,
    deliveryMilliseconds = 20_000,
    bodyBytesMax = BODY_BYTES_MAX,
  } = reception;
  const { cluster, source } = request.params;
  const say = (code: number, words: object) => void reply.code(code).send(answerTo(request.raw, words));
  const refuse = (reason: 'busy' | 'unavailable') => {
    metrics.refusedTotal.add(1, { receiver: name, reason });
    void reply.header('retry-after', RETRY_AFTER_SECONDS);
    say(503, { error: reason });
  };
  const body = await readBody(request.raw, bodyBytesMax, budget).catch((error: unknown) => {
    log.warn('A sender broke off in the middle of a request', { receiver: name, cluster, source, error });
    return undefined;
  });
  // Whoever sent it is gone, so that nobody reads this.
  if (body === undefined) return say(408, { error: 'the request broke off' });
  if (body.kind === 'busy') return refuse('busy');
  const isOtlp = isProtobuf(request.headers['content-type']);
  const content = contentOf(body, isOtlp, bodyBytesMax);
  // Of few bytes of protobuf can be made much text, which is held until it is delivered.
  if (isOtlp && content.kind === 'text' && !body.reserve(content.text.length)) {
    body.release();
    return refuse('busy');
  }
  if (content.kind === 'unusable') {
    const { reason, sizeBytes } = content;
    metrics.refusedTotal.add(1, { receiver: name, reason });
    log.error('A request can never be read: its content is lost', {
      receiver: name,
      cluster,
      source,
      reason,
      sizeBytes,
    });
  }
  const delivery = reception.deliver({ cluster, source, ...content }).finally(body.release);
  const outcome = await settledWithin(deliveryMilliseconds, delivery);
  if (outcome === 'delivered') {
    if (content.kind === 'unusable' && isTooMuch(content.reason))
      return say(413, { error: refusalWords(content, bodyBytesMax) });
    // Nothing left out: an answer of that protocol without a field.
    if (isOtlp) return void reply.code(200).type('application/x-protobuf').send(Buffer.alloc(0));
    return say(200, request.url.includes(OTLP_LOGS) ? {} : { delivered: true });
  }
  log.warn('A request was not delivered and will be sent again', {
    receiver: name,
    cluster,
    source,
    ...(outcome === 'late' ? { afterMilliseconds: deliveryMilliseconds } : { error: outcome.error }),
  });
  refuse('unavailable');
}

function refusalWords(
  { reason, sizeBytes }: { readonly reason: UnusableReason; readonly sizeBytes: number },
  bytesMax: number,
): string {
  const what =
    reason === 'too-large'
      ? `the body has ${sizeBytes} bytes or more, and ${bytesMax} are taken`
      : `the body has more values than fit the memory, a tenth of ${bytesMax}`;
  return `${what}: it is recorded that what it said is not known. Let fewer events go with one request, or raise the limit.`;
}

/** What a body says, as text. */
function contentOf(body: Exclude<Held, { kind: 'busy' }>, isOtlp: boolean, bytesMax: number) {
  if (body.kind === 'unusable') {
    const { kind, reason, sizeBytes, begin } = body;
    return { kind, reason, sizeBytes, begin };
  }
  const { bytes, unreadable } = body;
  const sizeBytes = bytes.length;
  try {
    if (isOtlp && hasTooManyMessages(bytes, bytesMax))
      return { kind: 'unusable' as const, reason: 'too-dense' as const, sizeBytes, begin: '' };
    const text = isOtlp ? otlpJson(bytes) : bytes.toString('utf8');
    return { kind: 'text' as const, text, sizeBytes, ...(unreadable !== undefined && { unreadable }) };
  } catch {
    return { kind: 'unusable' as const, reason: 'not-otlp' as const, sizeBytes, begin: '' };
  }
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
