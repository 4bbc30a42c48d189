import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientOptions, UndiciConnection } from '@elastic/elasticsearch';
import { pauseAfter } from '@margay/ground';
import { explainedElastic } from './unusable.ts';
import { watchedWrites, WRITE_WAIT, type Writes } from './writes.ts';

/** Where Elasticsearch is and whose evidence is kept there. */
export interface ElasticsearchOptions {
  readonly nodes: readonly string[];
  readonly signIn?: { readonly apiKey: string } | { readonly username: string; readonly password: string };
  /** The certificate authority of the nodes, PEM. */
  readonly ca?: string;
  /** Put before every index name: `margay` unless set. Letters, digits and hyphens. */
  readonly prefix?: string;
  /** The cluster whose evidence is kept; several clusters share the indices. */
  readonly cluster: string;
  /** Only reads, so that no right to put templates is needed. */
  readonly readOnly?: boolean;
}

/** A client with the names of what it reads and writes. */
export interface Elastic {
  readonly client: Client;
  readonly cluster: string;
  readonly nodes: readonly string[];
  /** The name of an index, or of a pattern, with the prefix: `index('trail-*')`. */
  index(name: string): string;
  /**
   * Runs a call of one request, with errors in words that help. A read of an index that a first write makes at this instant is
   * tried again for some seconds.
   */
  call<T>(doing: string, body: () => Promise<T>): Promise<T>;
  /** Of all clusters over this connection. */
  readonly writes: Writes;
}

/** Runs a call of one request that writes one document, with what every such request asks for. */
export const write = <T>(
  elastic: Elastic,
  doing: string,
  body: (wait: { readonly timeout: string }) => Promise<T>,
): Promise<T> => elastic.writes.during(doing, () => elastic.call(doing, () => body({ timeout: WRITE_WAIT })));

const REQUEST_TIMEOUT_MS = 60_000;
/**
 * The largest answer that is read, so that memory is bounded: one document fits, which Elasticsearch takes up to 100 MiB unless told
 * otherwise. Whoever asks for more asks again for less.
 */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;
/** Of the client, which makes no pauses between them. */
const RETRIES = 4;
/** An index is there a little before its shards are, on a busy node a second or two. */
const SHARDLESS = /no_shard_available_action_exception/;
const PAUSES = { first: 100, longest: 1_000 };
const ATTEMPTS = 8;

/** A connection for the options. Nothing is asked yet. */
export async function connect(options: ElasticsearchOptions): Promise<Elastic> {
  // Loaded when it is needed only: the embedded stores start without it.
  const { Client: ElasticClient, UndiciConnection } = await import('@elastic/elasticsearch');
  const { nodes, signIn, ca, cluster, prefix = 'margay' } = options;
  const settings: ClientOptions = {
    nodes: [...nodes],
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxRetries: RETRIES,
    maxResponseSize: ANSWER_BYTES_MAX,
    Connection: quiet(UndiciConnection),
    ...(signIn !== undefined && { auth: signIn }),
    ...(ca !== undefined && { tls: { ca } }),
  };
  return elasticOf(new ElasticClient(settings), cluster, prefix, nodes);
}

/** Why something was not looked for, as Elasticsearch says it. */
interface Unanswered {
  readonly type: string;
  readonly reason: string;
}

/** What was found: in the shards that were asked, or of documents that were asked for by their ids. */
interface Found {
  readonly _shards?: { readonly failed?: number; readonly total?: number };
  readonly hits?: unknown;
  readonly count?: unknown;
  readonly responses?: readonly Found[];
  readonly docs?: readonly { readonly error?: Unanswered }[];
}

function unansweredIn({ responses = [], docs = [], ...found }: Found): Unanswered | undefined {
  for (const { _shards: shards = {}, hits, count } of [found, ...responses]) {
    const { failed = 0, total } = shards;
    if (failed > 0 && (hits !== undefined || count !== undefined))
      return {
        type: 'no_shard_available_action_exception',
        reason: `${failed} of ${total} shards did not answer`,
      };
  }
  // In an index that is not there yet there is no document.
  return docs.find(({ error }) => error !== undefined && error.type !== 'index_not_found_exception')?.error;
}

/**
 * The same answer.
 *
 * @throws Error where something did not answer: what was found elsewhere would be taken for all.
 */
function whole<T>(answer: T): T {
  const error = unansweredIn(answer ?? {});
  if (error === undefined) return answer;
  throw Object.assign(new Error(`${error.type}: ${error.reason}`), {
    name: 'ResponseError',
    statusCode: 503,
    meta: { body: { error } },
  });
}

type Connection = typeof UndiciConnection;
type Request = (asked: unknown) => Promise<{ readonly body: EventEmitter }>;

/**
 * The client's connection, which ends an answer that is too large without anybody listening to its end: that would end the process, though
 * the call is told of it, too.
 */
export function quiet(Connection: Connection): Connection {
  return class extends Connection {
    constructor(...options: ConstructorParameters<Connection>) {
      super(...options);
      const { pool } = this as unknown as { readonly pool: { request: Request } };
      const request = pool.request.bind(pool);
      pool.request = async (asked) => {
        const answer = await request(asked);
        answer.body.on('error', () => {});
        return answer;
      };
    }
  };
}

/** A client that exists, with names. */
export function elasticOf(
  client: Client,
  cluster: string,
  prefix: string,
  nodes: readonly string[] = [],
): Elastic {
  return {
    client,
    cluster,
    nodes,
    writes: watchedWrites(),
    index: (name) => `${prefix}-${name}`,
    async call(doing, body) {
      for (let attempt = 1; ; attempt++) {
        try {
          return whole(await body());
        } catch (error) {
          const passes = error instanceof Error && SHARDLESS.test(error.message);
          if (!passes || attempt === ATTEMPTS) throw explainedElastic(error, doing, nodes);
          await sleep(pauseAfter(attempt, PAUSES));
        }
      }
    },
  };
}
