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
  watchedLogs,
  witness,
} from '@margay/ledger';
import { expect, onTestFinished, test } from 'vitest';
import { askWitness } from './ask-witness.ts';
import { Unconfirmed } from './post.ts';

const LOG = signingKey('margay.example/log', new Uint8Array(32).fill(1));
const KEY = signingKey('witness.example/w', new Uint8Array(32).fill(2), 'witness');
const SIZE = 5;
/** The time here, in seconds. */
const NOW = 1_764_000_000;

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
      const said = witness(Buffer.concat(chunks), watchedLogs([LOG]), () => last);
      asked.push(said.status);
      if (said.status === 409)
        return response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${said.size}\n`);
      if (said.status !== 200 || request.url !== '/below/add-checkpoint')
        return response.writeHead(said.status).end();
      response.end(cosignNote(said.checkpoint, KEY, NOW).slice(said.checkpoint.length));
    });
  });
  return { address, asked };
}

const ASKED = { checkpoint: CHECKPOINT, growth, newest: async () => SIZE, now: () => NOW * 1_000 };
const ask = async (address: string | Promise<string>, seen = 0, milliseconds = 15_000) =>
  askWitness({ address: await address, key: KEY }, { ...ASKED, seen, milliseconds });

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
    { key: { name: KEY.name }, time: NOW },
  ]);
  expect(asked).toEqual(statuses);
});

/** One whom others ask at the same time: each time that it is asked, it saw the next of these sizes by then. */
function busy(...sizes: readonly number[]) {
  const left = [...sizes];
  return served((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = left.length > 1 ? left.shift()! : left[0]!;
      const said = witness(Buffer.concat(chunks), watchedLogs([LOG]), () => logOf(seen));
      if (said.status === 200)
        return response.end(cosignNote(said.checkpoint, KEY, NOW).slice(said.checkpoint.length));
      response.writeHead(said.status).end(said.status === 409 ? `${said.size}\n` : '');
    });
  });
}

test.each([[[3, 4, 4]], [[3, 4, 5, 5]], [[1, 2, 3, 4, 5, 5]], [[5, 5]]])(
  'a witness that others have sign too, and that saw %j by the time that it is asked, cosigns',
  async (sizes) => {
    const line = await ask(busy(...sizes), 2);
    expect(readCheckpoint(Buffer.from(`${CHECKPOINT}${line}`), [KEY]).signed).toHaveLength(1);
  },
);

test('two who ask one witness for two heads at once: each has his own cosigned, or is told of a newer one', async () => {
  const state: { last: TreeHead } = { last: logOf(2) };
  const address = await served((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const said = witness(Buffer.concat(chunks), watchedLogs([LOG]), () => state.last);
      if (said.status !== 200)
        return response.writeHead(said.status).end(said.status === 409 ? `${said.size}\n` : '');
      state.last = readCheckpoint(Buffer.from(said.checkpoint), []);
      response.end(cosignNote(said.checkpoint, KEY, NOW).slice(said.checkpoint.length));
    });
  });
  const of = (size: number) => {
    const tree = logOf(size);
    return {
      checkpoint: signCheckpoint(tree, LOG),
      growth: async (from: number) => consistencyFrom(from, size).compute(tree.read),
      newest: async () => 9,
      now: ASKED.now,
      seen: 2,
    };
  };
  const said = await Promise.all(
    [3, 4, 5, 6, 7, 8, 9, 9].map((size) =>
      askWitness({ address, key: KEY }, of(size)).then(
        () => 'cosigned',
        (error: Unconfirmed) => error.reason,
      ),
    ),
  );
  expect(said.filter((each) => each !== 'cosigned' && each !== 'overtaken')).toEqual([]);
  expect(said.slice(-2)).toEqual(['cosigned', 'cosigned']);
});

/** An address where nobody is. */
const nobody = 'http://127.0.0.1:59999/';
const answers = (status: number, body = '') => served((_, response) => response.writeHead(status).end(body));
/** It cosigns, and says another time than it is here. */
const at = (time: number) => answers(200, cosignNote(CHECKPOINT, KEY, time).slice(CHECKPOINT.length));
const goingOn = () => {
  let asked = 0;
  return served((_, response) => response.writeHead(409).end(`${4 - (asked++ % 2)}\n`));
};
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
  ['says no other size than that it was shown the log from', () => answers(409, '2\n'), 'refused', /409/],
  ['says a size that is none', () => answers(409, 'two'), 'refused', /a log of two entries/],
  ['goes back in what it says that it saw', goingOn, 'refused', /409 .* another log of 3 entries/],
  ['is eleven minutes behind', () => at(NOW - 660), 'wrong', /one of the two clocks is wrong/],
  ['is eleven minutes ahead', () => at(NOW + 660), 'wrong', /one of the two clocks is wrong/],
  [
    'says that it is 1970',
    () => at(0),
    'wrong',
    /says that it is 1970-01-01T00:00:00.000Z, and here it is 2025-11-24/,
  ],
  ['says that it is 2036', () => at(2_082_758_400), 'wrong', /says that it is 2036-/],
  [
    'says a time that is none',
    () => at(2 ** 53),
    'wrong',
    /9007199254740992 seconds since 1970, which is no time/,
  ],
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

test('a witness that saw a head that was signed since says that there is a newer one, which is no fault of anybody', async () => {
  const asked = askWitness(
    { address: await honest(logOf(9)).address, key: KEY },
    { ...ASKED, seen: 0, newest: async () => 9 },
  );
  await expect(asked).rejects.toMatchObject({ reason: 'overtaken' });
});

test('who is told to stop does not wait', async () => {
  const address = await served(() => undefined);
  const stopping = new AbortController();
  const asked = askWitness({ address, key: KEY }, { ...ASKED, seen: 0, signal: stopping.signal });
  stopping.abort(new Error('stopping'));
  await expect(asked).rejects.toThrow('stopping');
});
