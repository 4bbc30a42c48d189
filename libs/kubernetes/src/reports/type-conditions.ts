import type { Instant } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { isNotFound } from '../client/errors.ts';
import { globalReportTypes } from '../custom-resources/report-types.ts';
import { withConditions, type Condition } from './conditions.ts';
import type { ClusterReportTypes, ReportTypeObject } from './global-reports.ts';

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

/** A type that was refused just now: told to nobody yet but its own condition. */
export interface RefusedType {
  readonly name: string;
  readonly uid: string;
  readonly apiVersion: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Keeps the condition `Accepted` of the types of users: whether reports of them can be made, and why not. A type that is
 * refused keeps its spec as it is.
 *
 * @param told what was written, by uid: a server that drops the status is not asked again and again. Kept by the caller.
 * @returns the types whose refusal is news.
 */
export async function keepTypeConditions(
  client: KubernetesClient,
  group: string,
  types: ClusterReportTypes,
  told: Map<string, string>,
  now: Instant,
): Promise<RefusedType[]> {
  const news: RefusedType[] = [];
  for (const [name, { read, object }] of types) {
    if (object === undefined || 'builtIn' in read) continue;
    const { uid = '', generation = 0 } = object.metadata;
    const said: Said =
      'type' in read
        ? { status: 'True', reason: 'Accepted', message: 'Reports of this type can be made.' }
        : { status: 'False', reason: 'Refused', message: read.problems.join(' ') };
    const telling = JSON.stringify([said, generation]);
    if (told.get(uid) === telling) continue;
    if (!isTold(object, said)) {
      await writeCondition(client, group, name, uid, said, now);
      if (said.status === 'False')
        news.push({
          name,
          uid,
          apiVersion: object.apiVersion ?? '',
          reason: said.reason,
          message: said.message,
        });
    }
    told.set(uid, telling);
  }
  return news;
}

const isTold = ({ status, metadata }: ReportTypeObject, said: Said): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: is, reason, message, observedGeneration }) =>
      type === 'Accepted' &&
      is === said.status &&
      reason === said.reason &&
      message === said.message &&
      observedGeneration === (metadata.generation ?? 0),
  );

async function writeCondition(
  client: KubernetesClient,
  group: string,
  name: string,
  uid: string,
  said: Said,
  now: Instant,
): Promise<void> {
  const path = { name, subresource: 'status' };
  await client
    .update<ReportTypeObject>(globalReportTypes(group), path, (type) => {
      if (type.metadata.uid !== uid) return undefined;
      const conditions = withConditions(
        type.status?.conditions ?? [],
        { Accepted: said },
        { generation: type.metadata.generation ?? 0, now },
      );
      return { ...type, status: { conditions } };
    })
    .catch((error: unknown) => {
      // A definition of others may have no status: the Event still says it.
      if (!isNotFound(error)) throw error;
    });
}
