import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signCheckpoint, signingKey } from '@margay/ledger';
import { checkTimestamp, readCertificates } from '@margay/timestamps';
import { expect, onTestFinished, test } from 'vitest';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { askAuthority } from './ask-timestamp.ts';
import { Unconfirmed } from './post.ts';

const LOG = signingKey('margay.example/log', new Uint8Array(32).fill(1));
const CHECKPOINT = signCheckpoint({ size: 4, root: new Uint8Array(32).fill(9) }, LOG);
/** What stands before the signatures. */
const HEAD = new Uint8Array(Buffer.from(CHECKPOINT.slice(0, CHECKPOINT.indexOf('\n\n') + 1)));

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsr`;
}

/** Authorities of openssl, each behind an address; `changed` is what is answered instead of what it says. */
function authorities() {
  const made = openAuthorities();
  onTestFinished(() => made.close());
  made.authority('tsa');
  const serve = (
    changed: (answer: Buffer<ArrayBuffer>, request: Buffer) => Uint8Array = (answer) => answer,
  ) =>
    served((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        expect(request.headers['content-type']).toBe('application/timestamp-query');
        const asked = Buffer.concat(chunks);
        response.end(changed(made.answer('tsa', asked), asked));
      });
    });
  const ask = async (address: string | Promise<string>, root = 'root', now = Date.now) =>
    askAuthority(
      { address: await address, trusted: readCertificates(made.pem(root)) },
      {
        checkpoint: CHECKPOINT,
        seen: 0,
        growth: async () => [],
        newest: async () => 4,
        now,
        milliseconds: 5_000,
      },
    );
  return { made, serve, ask };
}

test.skipIf(!hasOpenssl)(
  'an authority says that a head was there, and only what counts is taken',
  async () => {
    const { made, serve, ask } = authorities();
    const answer = new Uint8Array(Buffer.from(await ask(serve()), 'base64'));
    const trusted = readCertificates(made.pem('root'));
    expect(await checkTimestamp(answer, { data: HEAD, trusted })).toMatchObject({ isTrusted: true });
    expect(made.takes(answer, HEAD)).toBe(true);

    for (const [now, counts] of [
      [9 * 60_000, true],
      [11 * 60_000, false],
      [-9 * 60_000, true],
      [-11 * 60_000, false],
      [10 * 365 * 86_400_000, false],
    ] as const) {
      const asked = ask(serve(), 'root', () => Date.now() + now);
      if (counts) await asked;
      else
        await expect(asked).rejects.toThrow(
          /what it signed says that it is \S+, and here it is \S+: one of the two clocks is wrong/,
        );
    }
    const refusals: readonly [string | Promise<string>, string, Unconfirmed['reason'], RegExp][] = [
      [serve(), 'other-root', 'wrong', /did not lead to one that is trusted/],
      [serve(() => answer), 'root', 'wrong', /another nonce/],
      [serve(() => made.answer('tsa', made.request(Buffer.from('x')))), 'root', 'wrong', /something else/],
      [serve(() => Buffer.from('<html>')), 'root', 'wrong', /no answer of an authority/],
      [serve(() => Buffer.alloc(100_000)), 'root', 'wrong', /more than 65536 bytes/],
      [served((_, response) => response.writeHead(403).end()), 'root', 'refused', /403/],
      [served((_, response) => response.writeHead(502).end()), 'root', 'away', /502/],
      ['http://127.0.0.1:59999', 'root', 'away', /ECONNREFUSED/],
    ];
    for (const [address, root, reason, words] of refusals) {
      const error: unknown = await ask(address, root).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Unconfirmed);
      expect((error as Unconfirmed).message).toMatch(words);
      expect((error as Unconfirmed).reason).toBe(reason);
    }
  },
  60_000,
);
