import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** Stands before a server, and refuses what it is told to. */
export interface RefusingProxy {
  readonly url: string;
  /** Answers 503 to requests whose address or body the pattern fits; undefined lets all pass. */
  refuse(pattern: RegExp | undefined): void;
  /** How many it has refused. */
  readonly refused: () => number;
}

/** A proxy on a free port, closed when the test ends. */
export async function refusingProxy(target: string): Promise<RefusingProxy> {
  let refusing: RegExp | undefined;
  let refused = 0;
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await buffer(asked);
      if (
        refusing !== undefined &&
        (refusing.test(asked.url ?? '') || refusing.test(body.toString('latin1')))
      ) {
        refused++;
        answer.writeHead(503, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
        answer.end(
          '{"error":{"type":"unavailable_shards_exception","reason":"refused by the test"},"status":503}',
        );
        return;
      }
      const passed = request(
        new URL(asked.url ?? '/', target),
        { method: asked.method ?? 'GET', headers: asked.headers },
        (given) => {
          answer.writeHead(given.statusCode ?? 502, given.headers);
          given.pipe(answer);
        },
      );
      passed.on('error', () => answer.destroy());
      passed.end(body);
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (pattern) => void (refusing = pattern),
    refused: () => refused,
  };
}
