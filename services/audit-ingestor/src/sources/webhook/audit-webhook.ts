import type { FastifyInstance } from 'fastify';
import { receive, type ReceiverOptions } from '@margay/sources';
import type { Ingest, RawText } from '../raw-text.ts';

/** Where the API server's audit webhook and forwarders post: the path names the cluster and the API server. */
export const AUDIT_WEBHOOK_PATH = '/audit/v1/clusters/:cluster/sources/:source';

export type AuditWebhookOptions = Omit<ReceiverOptions, 'path' | 'name'>;

/**
 * Adds the route that takes audit events: an EventList, one event or several, or what forwarders make of them.
 *
 * It answers 200 when the events are durable, and anything else makes the API server send them again; see `receive`.
 * Events have no field for the server that wrote them, so each API server posts to an address of its own. A source is
 * called `webhook:<source>`; positions in it are microseconds, since its batches have no number.
 */
export function auditWebhook(http: FastifyInstance, ingest: Ingest, options: AuditWebhookOptions): void {
  const nextPosition = ascendingMicroseconds();
  receive(
    http,
    async (received) => {
      const originOf = () => ({ source: `webhook:${received.source}`, position: nextPosition() });
      const texts: RawText[] =
        received.kind === 'texts'
          ? received.texts.map((text) => ({ text, origin: originOf() }))
          : [
              {
                text: '',
                origin: originOf(),
                unusable: { reason: received.reason, sizeBytes: received.sizeBytes },
              },
            ];
      if (texts.length > 0) await ingest(received.cluster, texts);
    },
    { ...options, path: AUDIT_WEBHOOK_PATH, name: 'audit-webhook' },
  );
}

/** Microseconds since the epoch, never the same twice. */
function ascendingMicroseconds(): () => number {
  let last = 0;
  return () => (last = Math.max(last + 1, Date.now() * 1_000));
}
