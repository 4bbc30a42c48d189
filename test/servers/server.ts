import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { getContainerRuntimeClient, getReaper, ImageName, type ContainerRuntimeClient } from 'testcontainers';
import type { TestProject } from 'vitest/node';
import { LANES, type Variables } from './lanes.ts';
import { endAll, endsWithThisProcess } from './reap.ts';
import type { Run } from './runs.ts';

/** A real server that tests need, and the three ways to come by it. */
export interface Server {
  /** As a person calls it. */
  readonly name: string;
  /** The environment variable that names one of one's own. The tests find the server through it, however it came. */
  readonly variable: string;
  /** The images of its containers, the server's own first. */
  readonly images: readonly [string, ...string[]];
  /** Starts the containers. The runtime has the images. */
  readonly container: () => Promise<Started>;
  /** Starts one that is put together from package registries, without containers. */
  readonly assembled: () => Promise<Started>;
}

/** A server that runs. */
export interface Started {
  /** What the tests find it by: the server's own variable, and others where they need more. */
  readonly variables: Readonly<Record<string, string>>;
  readonly run: Run;
}

/** Set to `containers` or `assembled`, it decides for all servers that no variable names. */
const CHOICE = 'MARGAY_TEST_SERVERS';
const RUNTIME_TIMEOUT_MS = 15_000;
/** How long a container may take until it answers: long, for machines that are busy. */
export const START_TIMEOUT_MS = 180_000;

// The reaper beside this file removes containers too, and needs no image that could not be pulled.
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

/**
 * Makes each server be there, and sets the variables that the tests find it by. In this order: the one that its variable names,
 * a container where a container runtime answers and has the image or can pull it, else an assembled one. Says what it
 * chose, one line a server.
 *
 * @param lanes how many of each server: test files that run at the same time have servers of their own. See `own-lane.ts`.
 * @returns ends what it started.
 * @throws Error when a server does not start, or containers were asked for and cannot be had.
 */
export async function provide(
  servers: readonly Server[],
  lanes = 1,
  say: (line: string) => void = console.log,
): Promise<() => Promise<void>> {
  const wanted = Array.from({ length: lanes }, () => servers).flat();
  // Where one fails, the others may be starting still: only what has started can be ended.
  const provided = await Promise.allSettled(wanted.map((server) => provideOne(server, say)));
  const failed = provided.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed !== undefined) {
    await endAll();
    throw failed.reason;
  }
  const found = provided.map((one) => (one as PromiseFulfilledResult<Variables>).value);
  const ofLanes = Array.from({ length: lanes }, (_, lane): Variables =>
    Object.assign({}, ...found.slice(lane * servers.length, (lane + 1) * servers.length)),
  );
  Object.assign(process.env, ofLanes[0], { [LANES]: JSON.stringify(ofLanes) });
  return endAll;
}

/** As many as there are workers, and no more than files that run. */
export const lanesOf = ({ config, vitest }: TestProject): number =>
  Math.min(config.maxWorkers, vitest.state.getPaths().length);

async function provideOne(server: Server, say: (line: string) => void): Promise<Variables> {
  const { name, variable, images } = server;
  const named = process.env[variable];
  if (named) {
    say(`${name}: ${named}, named by ${variable}`);
    return {};
  }
  const way = await wayTo(server);
  const { variables, run } = await start(server, way);
  const how = way.contained ? `container ${images[0]}` : `assembled, since ${way.because}`;
  say(`${name}: ${variables[variable]}, ${how}`);
  // Tests that stop a server for a while may do so with our own only.
  return { ...variables, [`${variable}_RUN`]: run };
}

/** Starts one, whatever the variables name. It ends with this process. */
export async function start(server: Server, { contained }: Way): Promise<Started> {
  if (contained) {
    return server.container().catch((cause: unknown) => {
      const advice = `${CHOICE}=assembled does without containers, ${server.variable} names a server.`;
      throw new Error(`${server.name} did not start from ${server.images.join(' and ')}. ${advice}`, {
        cause,
      });
    });
  }
  const started = await server.assembled();
  endsWithThisProcess(started.run);
  return started;
}

/** In a container, or why not. */
export type Way = { readonly contained: true } | { readonly contained: false; readonly because: string };

/**
 * Whether the server can be had as a container. Where there is a runtime that has no such image and cannot pull it, the
 * reason says what to do.
 *
 * @throws Error when it cannot, and containers were asked for.
 */
export async function wayTo({ images, variable }: Server): Promise<Way> {
  const choice = process.env[CHOICE] ?? '';
  if (!['', 'containers', 'assembled'].includes(choice))
    throw new Error(`${CHOICE} is "${choice}": it may be containers or assembled.`);
  if (choice === 'assembled') return { contained: false, because: `${CHOICE} says so` };
  try {
    runtime ??= findRuntime();
    for (const image of images) await havePulled(await runtime, image, variable);
    return { contained: true };
  } catch (error) {
    if (choice === 'containers') throw error;
    return { contained: false, because: (error as Error).message };
  }
}

let runtime: Promise<ContainerRuntimeClient> | undefined;

/** The container runtime, once it was told that what this process starts in it ends with this process. */
async function findRuntime(): Promise<ContainerRuntimeClient> {
  const client = await within(
    RUNTIME_TIMEOUT_MS,
    getContainerRuntimeClient().catch((cause: unknown) => {
      throw new Error('no container runtime answers', { cause });
    }),
  );
  endsWithThisProcess(`session:${(await getReaper(client)).sessionId}`);
  return client;
}

async function havePulled(client: ContainerRuntimeClient, image: string, variable: string): Promise<void> {
  const name = ImageName.fromString(image);
  try {
    await client.image.pull(name);
    // A pull that breaks off while it runs is not an error of the call.
    await client.image.inspect(name);
  } catch (cause) {
    const reason = String((cause as Error).message).trim();
    throw new Error(
      `the container runtime cannot pull ${name.string} (${reason}): load an image under this tag, ` +
        `set TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX to a mirror, or name a server in ${variable}`,
      { cause },
    );
  }
}

async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const tooLate = () => late.reject(new Error('the container runtime is there and does not answer'));
  const timer = setTimeout(tooLate, milliseconds);
  return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
}

/**
 * Runs a script of this folder that starts a server and prints its process id last.
 *
 * @returns the run, and what was printed before.
 */
export async function assemble(
  script: string,
  args: readonly (string | number)[],
  environment: Record<string, string> = {},
): Promise<{ run: Run; printed: string[] }> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(path, args.map(String), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = (await text(child.stdout)).trim().split('\n');
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${path} ${args.join(' ')} failed; what it says is above.`);
  return { run: `process:${printed.pop() ?? ''}`, printed };
}
