import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What runs for tests, as text that a variable or a line can carry: a process by its id, the processes whose ids a file
 * has when they are ended, a container by its id, or all containers and networks of one testcontainers session; and a folder that is
 * there as long as they are.
 */
export type Run = `${'process' | 'processes' | 'container' | 'session' | 'folder'}:${string}`;

const SIGNALS = { pause: 'SIGSTOP', unpause: 'SIGCONT', kill: 'SIGKILL' } as const;

// Loaded where there are containers only: it takes a second.
const runtime = () => import('testcontainers');
const containers = async () => (await (await runtime()).getContainerRuntimeClient()).container;

/** Stops a process or container for a while, lets it go on, or ends it at once, as a power cut would. */
export async function tell(run: Run, what: keyof typeof SIGNALS): Promise<void> {
  const { kind, id } = partsOf(run);
  if (kind === 'process') process.kill(Number(id), SIGNALS[what]);
  else await (await containers()).getById(id)[what]();
}

/** Starts a container again that was killed, with the data that it had. */
export async function startAgain(run: Run): Promise<void> {
  const client = await containers();
  await client.start(client.getById(partsOf(run).id));
}

/** Ends what runs and leaves nothing of it. Nothing left to end is no error. */
export async function remove(run: Run): Promise<void> {
  const { kind, id } = partsOf(run);
  if (kind === 'process') return tryToKill(Number(id));
  if (kind === 'processes') return readFileSync(id, 'utf8').trim().split('\n').map(Number).forEach(tryToKill);
  if (kind === 'folder') return rmSync(id, { recursive: true, force: true });
  const { dockerode } = await containers();
  if (kind === 'container') return dockerode.getContainer(id).remove({ force: true, v: true });
  const filters = { label: [`${(await runtime()).LABEL_TESTCONTAINERS_SESSION_ID}=${id}`] };
  // One that is being created while the others are removed is found the second time.
  for (let pass = 0; pass < 2; pass++) {
    const left = await dockerode.listContainers({ all: true, filters });
    await Promise.allSettled(
      left.map(({ Id }) => dockerode.getContainer(Id).remove({ force: true, v: true })),
    );
    if (left.length > 0) await sleep(500);
  }
  for (const { Id } of await dockerode.listNetworks({ filters })) await dockerode.getNetwork(Id).remove();
}

function partsOf(run: Run): { kind: string; id: string } {
  const colon = run.indexOf(':');
  return { kind: run.slice(0, colon), id: run.slice(colon + 1) };
}

function tryToKill(pid: number): void {
  // Zero and less are groups of processes.
  if (!(pid > 0)) throw new Error(`${pid} is no process of a server.`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
