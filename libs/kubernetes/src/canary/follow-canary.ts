import { CANARY_OBJECT, type CanaryName } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { reflect } from '../watch/reflect.ts';
import { canaryIn, holderOf, takenIn, writerOf } from './canary-object.ts';

/** What a watch of the canaries' object shows. */
export type CanaryNews =
  | ({
      readonly what: 'seen';
      readonly holder: string;
      /** False of the last one that a list shows: nobody knows when it was written. */
      readonly isNew: boolean;
    } & Omit<CanaryName, 'servers'>)
  /** Somebody wrote something else into it. */
  | { readonly what: 'changed'; readonly writer: string }
  | { readonly what: 'deleted'; readonly writer: string }
  | { readonly what: 'problem'; readonly error: Error };

/** Watches the object that canaries are written to. Ends when the signal says so. */
export async function* followCanary(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<CanaryNews> {
  const batches = reflect(client, CANARY_OBJECT, {
    namespace,
    fieldSelector: `metadata.name=${CANARY_OBJECT.name}`,
    watchSeconds: 1_800,
    signal,
    project: (object) => ({
      uid: object.metadata.uid ?? '',
      resourceVersion: object.metadata.resourceVersion ?? '',
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name,
      content: {
        canary: canaryIn(object),
        holder: holderOf(object),
        isJustMade: object.metadata.annotations === undefined || takenIn(object) === 0,
      },
    }),
  });
  let seen: string | undefined;
  for await (const { notices } of batches) {
    for (const notice of notices) {
      switch (notice.what) {
        case 'upserted': {
          const { canary, holder, isJustMade } = notice.object;
          const writer = writerOf(notice.identity.uid);
          const isNew = notice.by === 'watch';
          const shown = canary && `${writer} ${canary.sequence} ${canary.server}`;
          // The same canary again is no other one: somebody wrote beside it.
          if (isNew && shown !== undefined && shown === seen) yield { what: 'changed', writer };
          else if (canary) yield { what: 'seen', writer, holder, isNew, ...canary };
          // Where it was just made there is none yet.
          else if (!isJustMade) yield { what: 'changed', writer };
          seen = shown;
          break;
        }
        case 'deleted':
          yield { what: 'deleted', writer: writerOf(notice.identity.uid) };
          break;
        case 'interrupted':
          yield { what: 'problem', error: notice.error };
          break;
        // What else a watch tells says nothing of one Lease.
        case 'gap':
        case 'listed':
        case 'unusable':
      }
    }
  }
}
