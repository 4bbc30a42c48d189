import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/**
 * What a store, or what stands before it, does to its callers on a bad day: `partial` refuses some documents of a bulk, `errors` answers some
 * requests with 500, `lost-answers` has them done and then closes the connection, `busy` is 429 for all, `resets` closes connections before
 * anything was done, `down` is 503 for all.
 */
export const TROUBLES = ['partial', 'errors', 'lost-answers', 'busy', 'resets', 'down'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Stands before Elasticsearch, and makes the trouble that it is told to make. */
export interface ProxyBefore {
  readonly url: string;
  /** Answers 503 to requests whose address or body the pattern fits; undefined lets all pass. */
  refuse(pattern: RegExp | undefined): void;
  /** From now on; undefined ends it. */
  make(trouble: Trouble | undefined): void;
  /** How many requests did not get what the server would have said, by trouble; `refused` are those of a pattern. */
  readonly troubled: () => Readonly<Record<Trouble | 'refused', number>>;
}

/** A proxy on a free port, closed when the test ends. */
export async function proxyBefore(target: string): Promise<ProxyBefore> {
  let refusing: RegExp | undefined;
  let trouble: Trouble | undefined;
  let asks = 0;
  const counts = Object.fromEntries([...TROUBLES, 'refused'].map((name) => [name, 0])) as Record<
    Trouble | 'refused',
    number
  >;
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await buffer(asked);
      const fits = (pattern: RegExp) =>
        pattern.test(asked.url ?? '') || pattern.test(body.toString('latin1'));
      const kind = refusing !== undefined && fits(refusing) ? 'refused' : trouble;
      // Three of ten, in a fixed order.
      const isChosen = asks++ % 10 < 3;
      if (kind === undefined || (isSome(kind) && !isChosen)) return pass(target, asked, body, answer);
      if (kind === 'partial' && !asked.url?.includes('_bulk')) return pass(target, asked, body, answer);
      counts[kind]++;
      await MAKE[kind](target, asked, body, answer);
    })().catch(() => answer.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (pattern) => void (refusing = pattern),
    make: (kind) => void (trouble = kind),
    troubled: () => counts,
  };
}

type Make = (
  target: string,
  asked: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
) => void | Promise<void>;

/** Those that hit some requests; the others hit all. */
const isSome = (kind: Trouble | 'refused') => kind === 'errors' || kind === 'lost-answers';

const MAKE: Record<Trouble | 'refused', Make> = {
  errors: (_target, _asked, _body, answer) => refuse(answer, 500, 'internal_error'),
  'lost-answers': async (target, asked, body, answer) => {
    await forward(target, asked, body);
    answer.destroy();
  },
  partial: refuseSomeDocuments,
  busy: (_target, _asked, _body, answer) => refuse(answer, 429, 'es_rejected_execution_exception'),
  resets: (_target, _asked, _body, answer) => void answer.destroy(),
  down: (_target, _asked, _body, answer) => refuse(answer, 503, 'unavailable_shards_exception'),
  refused: (_target, _asked, _body, answer) => refuse(answer, 503, 'unavailable_shards_exception'),
};

const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };

function refuse(answer: ServerResponse, status: number, type: string): void {
  answer.writeHead(status, headers);
  answer.end(JSON.stringify({ error: { type, reason: 'made by the test' }, status }));
}

async function pass(
  target: string,
  asked: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
): Promise<void> {
  const given = await forward(target, asked, body);
  answer.writeHead(given.status, given.headers);
  answer.end(given.body);
}

interface Given {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function forward(target: string, asked: IncomingMessage, body: Buffer): Promise<Given> {
  const { 'content-length': _, 'transfer-encoding': __, ...sent } = asked.headers;
  return new Promise((resolve, reject) => {
    const passed = request(
      new URL(asked.url ?? '/', target),
      { method: asked.method ?? 'GET', headers: { ...sent, 'content-length': body.length } },
      (given) => {
        buffer(given).then(
          (text) => resolve({ status: given.statusCode ?? 502, headers: given.headers, body: text }),
          reject,
        );
      },
    );
    passed.on('error', reject);
    passed.end(body);
  });
}

interface BulkAnswer {
  errors: boolean;
  items: unknown[];
}

/** Every third document of a bulk is refused, the others are done: an answer as of a node whose queue was full for a moment. */
async function refuseSomeDocuments(
  target: string,
  asked: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
): Promise<void> {
  const lines = body
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const documents: string[][] = [];
  for (let i = 0; i < lines.length;) {
    const length = lines[i]!.startsWith('{"delete"') ? 1 : 2;
    documents.push(lines.slice(i, i + length));
    i += length;
  }
  const isRefused = (i: number) => i % 3 === 2;
  const rest = documents.filter((_, i) => !isRefused(i)).flat();
  const given = await forward(target, asked, Buffer.from(rest.map((line) => `${line}\n`).join('')));
  const said = JSON.parse(given.body.toString('utf8')) as BulkAnswer;
  const done = said.items.values();
  const items = documents.map(([action], i) => (isRefused(i) ? refused(action!) : done.next().value));
  answer.writeHead(given.status, headers);
  answer.end(JSON.stringify({ ...said, errors: said.errors || documents.length > 2, items }));
}

function refused(action: string): unknown {
  const [[kind, about]] = Object.entries(JSON.parse(action) as Record<string, object>) as [[string, object]];
  const error = { type: 'es_rejected_execution_exception', reason: 'made by the test' };
  return { [kind]: { ...about, status: 429, error } };
}
