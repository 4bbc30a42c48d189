import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';

/** A process that needs a toy, whose container stumbles: what it printed, and how it failed. */
const PROGRAM = `
  import { spawnSync } from 'node:child_process';
  import { provide } from '${new URL('server.ts', import.meta.url).href}';
  const toy = {
    name: 'Toy',
    variable: 'MARGAY_TEST_TOY',
    images: ['example/toy:1'],
    container: () => Promise.reject(new Error('it stumbled')),
    assembled: () => ({ variables: { MARGAY_TEST_TOY: 'toy:1' }, run: 'process:' + spawnSync('true').pid }),
  };
  try {
    const end = await provide([toy]);
    console.log(process.env.MARGAY_TEST_TOY);
    await end();
  } catch ({ message }) {
    console.log(message);
  }
  process.exit();`;
const NO_RUNTIME = 'tcp://127.0.0.1:1';

const provided = (environment: Record<string, string>) => printedBy(PROGRAM, environment);

async function printedBy(program: string, environment: Record<string, string>): Promise<string[]> {
  const { MARGAY_TEST_SERVERS: _, MARGAY_TEST_TOY: __, ...inherited } = process.env;
  const child = spawn('node', ['--input-type=module', '--eval', program], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [lines] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return lines.trim().split('\n');
}

/** A container runtime that answers what it is asked like this. */
async function runtime(answer: RequestListener): Promise<{ DOCKER_HOST: string }> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => server.close().closeAllConnections());
  return { DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** One whose host reaches no registry; the words are those of the Docker daemon. */
const cutOff: RequestListener = ({ url = '', method }, response) => {
  const say = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.endsWith('/info')) return say(200, { OperatingSystem: 'Linux', ServerVersion: '20' });
  if (url.includes('/containers/json') || url.includes('/networks')) return say(200, []);
  if (method === 'POST') return say(500, { message: 'dial tcp: lookup registry.example: no such host' });
  return say(404, { message: 'no such image: example/toy:1' });
};

const CONTAINERS = { MARGAY_TEST_SERVERS: 'containers' };

test('a server that a variable names is taken, whatever else there is', async () => {
  expect(await provided({ ...CONTAINERS, MARGAY_TEST_TOY: 'mine:1' })).toEqual([
    'Toy: mine:1, named by MARGAY_TEST_TOY',
    'mine:1',
  ]);
});

test('without a container runtime it is assembled, or it is an error where containers were asked for', async () => {
  const none = { DOCKER_HOST: NO_RUNTIME };
  expect(await provided(none)).toEqual([
    'Toy: toy:1, assembled, since no container runtime answers',
    'toy:1',
  ]);
  expect(await provided({ ...none, ...CONTAINERS })).toEqual(['no container runtime answers']);
});

test('a runtime that cannot pull: one line says which image, why, and what to do instead', async () => {
  const host = await runtime(cutOff);
  const cannot =
    'the container runtime cannot pull example/toy:1 ((HTTP code 500) server error - dial tcp: lookup registry.example: no such host): ' +
    'load an image under this tag, set TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX to a mirror, or name a server in MARGAY_TEST_TOY';
  expect(await provided(host)).toEqual([`Toy: toy:1, assembled, since ${cannot}`, 'toy:1']);
  expect(await provided({ ...host, ...CONTAINERS })).toEqual([cannot]);
});

test('a runtime that hangs is given up', async () => {
  const host = await runtime(() => undefined);
  expect(await provided(host)).toEqual([
    'Toy: toy:1, assembled, since the container runtime is there and does not answer',
    'toy:1',
  ]);
});

test('a container that does not start names the ways around it', async () => {
  const host = await runtime((request, response) => {
    if (!request.url?.includes('/images/')) return cutOff(request, response);
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  expect(await provided(host)).toEqual([
    'Toy did not start from example/toy:1. MARGAY_TEST_SERVERS=assembled does without containers, MARGAY_TEST_TOY names a server.',
  ]);
});

test('another choice than the two is refused', async () => {
  expect(await provided({ MARGAY_TEST_SERVERS: 'podman' })).toEqual([
    'MARGAY_TEST_SERVERS is "podman": it may be containers or assembled.',
  ]);
});

test('where one server does not start, those that start later are ended', async () => {
  const program = `
    import { spawn } from 'node:child_process';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { provide } from '${new URL('server.ts', import.meta.url).href}';
    const of = (name, assembled) => ({ name, variable: 'MARGAY_TEST_' + name, images: [], container: assembled, assembled });
    const slow = async () => {
      await sleep(300);
      const server = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
      server.unref();
      console.log(String(server.pid));
      return { variables: {}, run: 'process:' + server.pid };
    };
    const failing = () => Promise.reject(new Error('it stumbled'));
    await provide([of('SLOW', slow), of('FAILING', failing)], 1, () => {}).catch(({ message }) => console.log(message));
    process.exit();`;
  const [pid, message] = await printedBy(program, { MARGAY_TEST_SERVERS: 'assembled' });
  expect(message).toBe('it stumbled');
  // It was killed; its number is free once its parent has asked how it ended, and that is a process of the system by now.
  await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH'), { timeout: 10_000 });
});
