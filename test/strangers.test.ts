import { connect } from 'node:net';
import type { Authority } from '@margay/api';
import { Problem } from '@margay/runtime';
import { anyone } from '@margay/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, apiHere } from './testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';

const stores = await recordedStores();
await report(stores, windowOf('inventory-1', 'inventory', SPAN, 'inventory'));

/** Candice may do everything, david see and export nothing; nobody else is known. */
const access: Authority = {
  async ofToken(token) {
    if (token === 'candice') return { ...anyone.everybody!, name: 'candice' };
    const refuse = async () => {
      throw new Problem(403, 'Forbidden', 'david may not');
    };
    if (token === 'david') return { name: 'david', listable: refuse, require: refuse, exportable: refuse };
    throw new Problem(401, 'Unauthorized', 'The token is not valid');
  },
};
const server = await apiHere({ stores, access });
let port = 0;

beforeAll(async () => {
  port = Number(new URL(await addressOf(server)).port);
});
afterAll(() => server.close());

/** Sends bytes as they are, and gives what is answered until the other side is silent. */
function sent(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (piece) => (answer += piece.toString('latin1')));
    socket.once('close', () => resolve(answer)).once('error', reject);
  });
}

const statuses = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

const ROWS = '/api/v1/runs/inventory-1/rows/endpoints';

test.each([
  ['an encoded slash', '/api/v1/runs/inventory-1%2frows/endpoints'],
  ['a doubly encoded slash', '/api/v1/runs/inventory-1%252frows%252fendpoints'],
  ['an encoded parent', `/api/docs/%2e%2e/v1/runs/inventory-1/rows/endpoints`],
  ['a parent', `/api/docs/../v1/runs/inventory-1/rows/endpoints`],
  ['a parent of a servlet', `/api/docs/..;/v1/runs/inventory-1/rows/endpoints`],
  ['a parameter of a path', `/api/v1/runs;open=1/inventory-1/rows/endpoints`],
  ['a slash more', `/api/v1//runs/inventory-1/rows/endpoints`],
  ['a slash at the end', `${ROWS}/`],
  ['slashes at the start', `//api/v1/runs/inventory-1/rows/endpoints`],
  ['a backslash', `/api\\v1\\runs\\inventory-1\\rows\\endpoints`],
  ['other letters', ROWS.toUpperCase()],
  ['a zero', `${ROWS}%00`],
  ['a line', `${ROWS}%0d%0aset-cookie:%20a=b`],
  ['an encoded letter', '/api/v1/%72uns/inventory-1/rows/endpoints'],
  ['a broken encoding', `${ROWS}%`],
  ['an overlong encoding', '/api/v1/runs/inventory-1/rows%c0%afendpoints'],
  ['an address of another host', `http://elsewhere${ROWS}`],
  ['a fragment', `${ROWS}#/api/docs`],
  ['a file of the page', '/dashboard/..%2f..%2fpackage.json'],
  ['a file of the page, twice encoded', '/dashboard/%252e%252e%252fpackage.json'],
])('%s in a path opens nothing', async (_, path) => {
  for (const who of ['', 'Authorization: Bearer david\r\n']) {
    const answer = await sent(`GET ${path} HTTP/1.1\r\nHost: margay\r\n${who}Connection: close\r\n\r\n`);
    expect([401, 403, 404, 400]).toContain(statuses(answer)[0]);
    expect(answer).not.toMatch(/^set-cookie/im);
    expect(answer).not.toContain('Pod.v1(');
  }
});

test.each([
  ['two lengths', 'Content-Length: 5\r\nContent-Length: 40\r\n\r\nhello'],
  ['a length and pieces', `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['pieces by another name', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['pieces twice', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ['a space before a colon', `Content-Length : 60\r\n\r\n`],
  ['a folded header', `X-A: b\r\n c: d\r\nContent-Length: 0\r\n\r\n`],
  ['a bare line feed', `X-A: b\nContent-Length: 0\r\n\r\n`],
])('%s smuggles no second request', async (_, headers) => {
  const second = `DELETE /api/v1/session HTTP/1.1\r\nHost: margay\r\n\r\n`;
  const answer = await sent(`POST /api/v1/session HTTP/1.1\r\nHost: margay\r\n${headers}${second}`);
  expect(statuses(answer).filter((status) => status < 400)).toEqual([]);
});

test('a request with two names is refused', async () => {
  const answer = await sent(`GET / HTTP/1.1\r\nHost: margay\r\nHost: elsewhere\r\nConnection: close\r\n\r\n`);
  expect(statuses(answer)).toEqual([400]);
});

test.each(['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'CONNECT', 'PROPFIND', 'get', 'QUERY', 'HEAD'])(
  '%s does nothing, allows nobody and repeats nothing',
  async (method) => {
    for (const path of [ROWS, '/login/oidc', '/api/v1/session']) {
      const more = 'X-Secret: abcdef\r\nX-HTTP-Method-Override: GET\r\nConnection: close\r\n\r\n';
      const answer = await sent(`${method} ${path} HTTP/1.1\r\nHost: margay\r\n${more}`);
      expect(statuses(answer).filter((status) => status < 400 || status >= 500)).toEqual([]);
      expect(answer).not.toMatch(/abcdef|^access-control/im);
    }
  },
);

test.each([ROWS, '/api/v1/runs', '/api/v1/runs/inventory-1/downloads/endpoints.csv'])(
  'who may not have %s is not told that it is unchanged, nor given a part of it',
  async (path) => {
    const ask = (who: string, more = '', method = 'GET') =>
      sent(
        `${method} ${path} HTTP/1.1\r\nHost: margay\r\nAuthorization: Bearer ${who}\r\n${more}Connection: close\r\n\r\n`,
      );
    const own = await ask('candice');
    const [, etag = ''] = /^etag: (.*)\r$/im.exec(own) ?? [];
    expect(etag).not.toBe('');
    expect(own).toMatch(/^cache-control: private/im);
    expect(own).toMatch(/^vary: authorization, cookie/im);
    for (const [who, status] of [
      ['david', 403],
      ['stolen', 401],
    ] as const)
      for (const more of [`If-None-Match: ${etag}\r\n`, 'If-None-Match: *\r\n', 'Range: bytes=0-9\r\n'])
        for (const method of ['GET', 'HEAD'])
          expect(statuses(await ask(who, more, method))).toEqual([status]);
  },
);
