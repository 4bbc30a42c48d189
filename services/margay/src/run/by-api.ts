import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATIONS, type AskedRunAnswer, type RunDetail } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { openProgress } from '@margay/runtime';
import { say, write } from '@margay/terminal';
import { ApiRefused, askApi } from '../ask-api.ts';
import type { RunOptions } from './run-options.ts';

const POLL_MILLISECONDS = 500;

/** Asks a running Margay for a run or a revision, and prints its id. */
export async function runByApi(api: string, name: string, options: RunOptions): Promise<void> {
  const asked = await askFor(api, name, options);
  const progress = openProgress();
  if (!options.wait) {
    progress.done(`${asked.id}: ${asked.isNew ? 'asked for' : `it is ${asked.state} already`}`);
  } else {
    if (asked.isOverClusters) {
      progress.done(`${asked.id}: ${await overClusters(api, asked.id, (words) => progress.update(words))}`);
      await write(`${asked.id}\n`);
      return;
    }
    const run = await finished(api, asked.id, (state) => progress.update(`${asked.id}: ${state}`));
    if (run.state === 'failed') throw new Error(`The run failed: ${run.reason ?? 'no reason'}`);
    progress.done(`${asked.id}: archived`);
    for (const line of saidOf(run)) say(`${line}\n`);
  }
  await write(`${asked.id}\n`);
}

async function askFor(
  api: string,
  name: string,
  { revise, start, end }: RunOptions,
): Promise<AskedRunAnswer> {
  if (revise) return askApi(api, OPERATIONS.revise, { path: { id: await runOf(api, name) } });
  const query = {
    start: start === undefined ? undefined : formatInstant(start),
    end: end === undefined ? undefined : formatInstant(end),
  };
  return askApi(api, OPERATIONS.askRun, { path: { name }, query });
}

/** The run that is meant: by its id, or the newest archived one of a report. */
async function runOf(api: string, name: string): Promise<string> {
  const query = { report: name, state: 'completed', limit: '1' };
  const [newest] = (await askApi(api, OPERATIONS.runs, { query })).items;
  return newest?.id ?? name;
}

/** What a run over many clusters came to, in words. @throws Error where it failed. */
async function overClusters(api: string, id: string, tell: (words: string) => void): Promise<string> {
  for (;;) {
    const { state, clusters } = await askApi(api, OPERATIONS.parentRun, { path: { parent: id } });
    const words = `${state}, of ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`;
    if (state === 'failed') throw new Error(`The run failed: see /parent-runs/${id}`);
    if (state !== 'running') return words;
    tell(`${id}: ${words}`);
    await sleep(POLL_MILLISECONDS);
  }
}

/** The run once it is archived or has failed. It is listed a moment after it was asked for. */
async function finished(api: string, id: string, tell: (state: string) => void): Promise<RunDetail> {
  for (;;) {
    const run = await askApi(api, OPERATIONS.run, { path: { id } }).catch((error: unknown) => {
      if (error instanceof ApiRefused && error.status === 404) return undefined;
      throw error;
    });
    if (run?.state === 'completed' || run?.state === 'failed') return run;
    tell(run?.state ?? 'emitted');
    await sleep(POLL_MILLISECONDS);
  }
}

/** What is said of a run that is archived. Its evidence is told to who may export it alone. */
export function saidOf({
  revision,
  supersedes,
  unchanged,
  digest,
  evidence,
}: Pick<RunDetail, 'revision' | 'supersedes' | 'unchanged' | 'digest'> & {
  readonly evidence: { readonly words: string } | null;
}): string[] {
  return [
    ...(supersedes === null
      ? []
      : [`Revision ${revision}, which supersedes ${supersedes}: ${changeWords(unchanged)}`]),
    `Evidence: ${evidence?.words ?? 'told to who may export the report'}. SHA-256 ${digest}`,
  ];
}

const changeWords = (unchanged: boolean | null): string =>
  unchanged ? 'nothing changed, the digest is the same' : 'the digest is another';
