import { createHash } from 'node:crypto';
import { formatSeconds, type Instant } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { isNotFound, isTaken } from '../client/errors.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';

const EVENTS: ApiResource = { group: '', version: 'v1', resource: 'events', namespaced: true };

/** Events about cluster-scoped objects lie here. */
const EVENT_NAMESPACE = 'default';
const NAME_MAX = 253;

/** What people see at the end of `kubectl describe`. */
export interface EventNote {
  /** The cluster-scoped object that it is about. */
  readonly about: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  /** One word, in UpperCamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Who says so: `margay-scheduler`. */
  readonly component: string;
}

/** Records an event. The same one again counts up, so that a problem that stays fills no storage. */
export async function recordEvent(client: KubernetesClient, note: EventNote, now: Instant): Promise<void> {
  const { about, type, reason, message, component } = note;
  const time = formatSeconds(now);
  const digest = createHash('sha256')
    .update(JSON.stringify([about.uid, type, reason, message, component]))
    .digest('hex')
    .slice(0, 16);
  const name = `${about.name.slice(0, NAME_MAX - digest.length - 1)}.${digest}`;
  const path = { namespace: EVENT_NAMESPACE, name };
  try {
    await client.create(
      EVENTS,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: EVENT_NAMESPACE },
        involvedObject: about,
        type,
        reason,
        // Longer ones are refused.
        message: message.slice(0, 1024),
        source: { component },
        reportingComponent: component,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      },
      { namespace: EVENT_NAMESPACE },
    );
  } catch (error) {
    if (!isTaken(error)) throw error;
    const known = await client.find<ApiObject & { readonly count?: number }>(EVENTS, path);
    if (known === undefined) return;
    await client
      .patch(EVENTS, path, { count: (known.count ?? 0) + 1, lastTimestamp: time })
      .catch((gone: unknown) => {
        if (!isNotFound(gone)) throw gone;
      });
  }
}
