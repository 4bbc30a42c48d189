import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: one of these could take the port of a server that a test stops
 * for a while. Even the connection by which a client looks for that server could.
 */
const FIRST = 10_000;
const END = 26_000;

/**
 * A port of the loopback interface that nothing listens on now.
 *
 * @param others how far above it further ports are that must be free too.
 */
export async function freePort(...others: readonly number[]): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    const free = await Promise.all([0, ...others].map((above) => isFree(port + above)));
    if (!free.includes(false)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((tell) => {
    server.once('error', () => tell(false));
    server.listen(port, '127.0.0.1', () => tell(true));
  });
  if (listening) await new Promise((closed) => server.close(closed));
  return listening;
}
