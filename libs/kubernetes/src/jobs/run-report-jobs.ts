import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import type { Projection } from '../watch/notices.ts';
import { reflect, type ReflectOptions } from '../watch/reflect.ts';
import { jobState, type JobState } from './job-state.ts';
import { JOB_LABEL, type Job, type PodTemplate } from './report-job.ts';

const JOBS: ApiResource = { group: 'batch', version: 'v1', resource: 'jobs', namespaced: true };
const POD_TEMPLATES: ApiResource = { group: '', version: 'v1', resource: 'podtemplates', namespaced: true };

/** The name of the documented pod template. */
export const DEFAULT_POD_TEMPLATE = 'tigera.io.report';

/** The template of the pods that make reports; undefined where there is none of that name. */
export async function findPodTemplate(
  client: KubernetesClient,
  namespace: string,
  name: string = DEFAULT_POD_TEMPLATE,
): Promise<PodTemplate | undefined> {
  const found = await client.find(POD_TEMPLATES, { namespace, name });
  return found?.['template'] as PodTemplate | undefined;
}

/** Makes sure that the Job exists, and gives how far it is. A Job of the name counts as this one: names tell windows apart. */
export async function startJob(client: KubernetesClient, job: Job): Promise<JobState> {
  const { namespace, name } = job.metadata;
  const state = jobState(await client.createOrGet(JOBS, job));
  if (state === undefined)
    throw new Error(`Job ${namespace}/${name} was not made for a report: delete or rename it.`);
  return state;
}

/** Deletes a Job with its pods. */
export async function deleteJob(client: KubernetesClient, { job }: JobState): Promise<void> {
  await client.delete(JOBS, { namespace: job.namespace, name: job.name }, { uid: job.uid });
}

/** What became of a Job, or that it is gone. */
export type JobNews =
  | { readonly what: 'state'; readonly state: JobState }
  | { readonly what: 'gone'; readonly name: string; readonly uid: string };

/** The Jobs of a namespace that make reports: first as they are, then whatever becomes of them; see `reflect`. */
export async function* followJobs(
  client: KubernetesClient,
  namespace: string,
  options: Pick<ReflectOptions<unknown>, 'signal' | 'retryMilliseconds' | 'retryMaxMilliseconds'> = {},
): AsyncGenerator<readonly JobNews[]> {
  const watched = { ...options, namespace, labelSelector: JOB_LABEL, project: stateOnly };
  for await (const { notices } of reflect(client, JOBS, watched)) {
    const news: JobNews[] = [];
    for (const notice of notices) {
      if (notice.what === 'upserted' && notice.object) news.push({ what: 'state', state: notice.object });
      if (notice.what === 'deleted')
        news.push({ what: 'gone', name: notice.identity.name, uid: notice.identity.uid });
    }
    if (news.length > 0) yield news;
  }
}

function stateOnly(object: ApiObject): Projection<JobState | undefined> {
  const { uid = '', resourceVersion = '', namespace = '', name } = object.metadata;
  return { uid, resourceVersion, namespace, name, content: jobState(object) };
}
