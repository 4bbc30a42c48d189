import { readFileSync } from 'node:fs';
import { request as plainRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Pair } from './certificates.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PostOptions {
  readonly headers?: Record<string, string>;
  readonly ca?: string;
  readonly client?: Pair;
  /** Sends the body in chunks, without telling its length. */
  readonly chunked?: boolean;
}

/** Posts a body as the API server does, or in chunks. */
export function post(url: string, body: string | Uint8Array, options: PostOptions = {}): Promise<Answer> {
  const { headers = {}, ca, client, chunked = false } = options;
  const settings: RequestOptions & { ca?: Buffer; cert?: Buffer; key?: Buffer } = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(chunked ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    agent: false,
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(client && { cert: readFileSync(client.cert), key: readFileSync(client.key) }),
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https') ? tlsRequest : plainRequest;
    const request = send(url, settings, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    request.on('error', reject);
    if (chunked) {
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += 65_536) request.write(bytes.subarray(at, at + 65_536));
      request.end();
    } else {
      request.end(body);
    }
  });
}
