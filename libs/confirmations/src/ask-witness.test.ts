import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  append,
  consistencyFrom,
  cosignNote,
  leafHash,
  readCheckpoint,
  type ReadTile,
  signCheckpoint,
  signingKey,
  type TreeHead,
  witness,
} from '@margay/ledger';
import { expect, onTestFinished, test } from 'vitest';
import { askWitness } from './ask-witness.ts';
import { Unconfirmed } from './post.ts';

const LOG = signingKey('margay.example/log', new Uint8Array(32).fill(1));
const KEY = signingKey('witness.example/w', new Uint8Array(32).fill(2), 'witness');
const SIZE = 5;

/** The tree of entries 0 to `size`, and its one tile. */
function logOf(size: number) {
  const none: ReadTile = () => new Uint8Array();
  const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
  const { root, tiles } = append(0, leaves, none);
  const read: ReadTile = () => tiles[0]!.bytes;
  return { size, root, read };
}
const NEWEST = logOf(SIZE);
const CHECKPOINT = signCheckpoint(NEWEST, LOG);
const growth = async (from: number) => consistencyFrom(from, SIZE).compute(NEWEST.read);

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/below`;
}

/** One that does what it should; `last` is what it saw before. */
function honest(last?: TreeHead) {
  const asked: number[] = [];
  const address = served((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const said = witness(Buffer.concat(chunks), [LOG], () => last);
      asked.push(said.status);
      if (said.status === 409)
        return response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${said.size}\n`);
      if (said.status !== 200 || request.url !== '/below/add-checkpoint')
        return response.writeHead(said.status).end();
      response.end(cosignNote(said.checkpoint, KEY, 1_764_000_000).slice(said.checkpoint.length));
    });
  });
  return { address, asked };
}

const ask = async (address: string | Promise<string>, seen = 0, milliseconds = 15_000) =>
  askWitness({ address: await address, key: KEY }, { checkpoint: CHECKPOINT, seen, growth, milliseconds });

test.each<[string, TreeHead | undefined, number, number[]]>([
  ['that saw nothing', undefined, 0, [200]],
  ['that saw less, as is known', logOf(2), 2, [200]],
  ['that saw less than is believed', logOf(2), 4, [409, 200]],
  ['that saw more than is believed', logOf(3), 0, [409, 200]],
  ['that saw it already', NEWEST, 0, [409, 200]],
  ['that lost what it saw', undefined, 3, [409, 200]],
])('a witness %s cosigns', async (_, last, seen, statuses) => {
  const { address, asked } = honest(last);
  const line = await ask(address, seen);
  expect(readCheckpoint(Buffer.from(`${CHECKPOINT}${line}`), [KEY]).signed).toMatchObject([
    { key: { name: KEY.name }, time: 1_764_000_000 },
  ]);
  expect(asked).toEqual(statuses);
});

/** An address where nobody is. */
const nobody = 'http://127.0.0.1:59999/';
const answers = (status: number, body = '') => served((_, response) => response.writeHead(status).end(body));
const cosignedOtherwise = cosignNote(signCheckpoint(logOf(4), LOG), KEY, 1)
  .split('\n\n')[1]!
  .split('\n')[1]!;

test.each<[string, () => string | Promise<string>, Unconfirmed['reason'], RegExp]>([
  ['is away', () => nobody, 'away', /127\.0\.0\.1:59999 cannot be reached: ECONNREFUSED/],
  ['says nothing', () => served(() => undefined), 'away', /no answer within 0\.3 seconds/],
  [
    'never ends its answer',
    () => served((_, response) => void response.writeHead(200).write('x')),
    'away',
    /no answer within/,
  ],
  ['hangs up', () => served((request) => void request.socket.destroy()), 'away', /cannot be reached/],
  ['has a trouble of its own', () => answers(503), 'away', /503/],
  ['is asked too much', () => answers(429), 'away', /429/],
  ['sends elsewhere', () => answers(307), 'refused', /307/],
  [
    'knows no such log',
    () => answers(404, 'the log is not watched here'),
    'refused',
    /404: the log is not watched here/,
  ],
  ['saw a longer log', () => honest(logOf(9)).address, 'refused', /a log of 9 entries, and this one has 5/],
  ['saw a fork', () => honest({ size: 3, root: new Uint8Array(32) }).address, 'refused', /422/],
  [
    'saw a fork of the same size',
    () => honest({ ...NEWEST, root: new Uint8Array(32) }).address,
    'refused',
    /another log of 5 entries/,
  ],
  ['says sizes that change', () => answers(409, '2\n'), 'refused', /409/],
  ['says a size that is none', () => answers(409, 'two'), 'refused', /a log of two entries/],
  ['answers garbage', () => answers(200, '<html>'), 'wrong', /not its cosignature/],
  ['answers nothing', () => answers(200), 'wrong', /not its cosignature/],
  ['answers without end', () => answers(200, 'x'.repeat(1_000_000)), 'wrong', /more than 65536 bytes/],
  ['cosigns another root', () => answers(200, `${cosignedOtherwise}\n`), 'wrong', /it was changed/],
])('a witness that %s', async (_, address, reason, words) => {
  const milliseconds = words.source.startsWith('no answer') ? 300 : undefined;
  const error: unknown = await ask(await address(), 2, milliseconds).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Unconfirmed);
  expect((error as Unconfirmed).message).toMatch(words);
  expect((error as Unconfirmed).reason).toBe(reason);
});

test('who is told to stop does not wait', async () => {
  const address = await served(() => undefined);
  const stopping = new AbortController();
  const asked = askWitness(
    { address, key: KEY },
    { checkpoint: CHECKPOINT, seen: 0, growth, signal: stopping.signal },
  );
  stopping.abort(new Error('stopping'));
  await expect(asked).rejects.toThrow('stopping');
});
