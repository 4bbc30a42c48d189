import { MINUTE } from '@margay/ground';
import type { Log, Metrics } from '@margay/runtime';
import type { HttpServer } from '@margay/runtime/nest';
import { receiverConfigOf } from '@margay/sources';
import { serveReceiver, type Received } from '@margay/sources/nest';
import { AUDIT_WEBHOOK_PATH, WEBHOOK, type Config } from '../../config.ts';
import type { Ingest, RawText } from '../raw-text.ts';
import { firstEventIn, requestPosition } from './request-position.ts';

const NAME = 'audit-webhook';

/**
 * Opens the webhook on a port of its own, with TLS and credentials as they are configured. It takes an EventList, one event or
 * several, or what forwarders make of them, and answers 200 when the events are durable; anything else makes the API server send
 * them again (see `openReceiver`).
 *
 * @returns undefined where no port is set.
 * @throws Error for a port that is taken, and for files of certificates or tokens that cannot be read.
 */
export function serveAuditWebhook(
  config: Config,
  ingest: Ingest,
  process: { readonly metrics: Metrics; readonly log: Log },
): Promise<HttpServer | undefined> {
  return serveReceiver(receiverConfigOf(WEBHOOK, config), delivering(ingest), {
    path: AUDIT_WEBHOOK_PATH,
    name: NAME,
    cluster: config.CLUSTER_NAME,
    metrics: process.metrics,
    log: process.log,
  });
}

/**
 * Hands on what was received. Events have no field for the server that wrote them, so each API server posts to an
 * address of its own: its source is called `webhook:<source>`. All events of one request share its position.
 */
function delivering(ingest: Ingest): (received: Received) => Promise<void> {
  return async (received) => {
    const now = Date.now();
    const text = received.kind === 'text' ? received.text : received.begin;
    const origin = { source: `webhook:${received.source}`, position: requestPosition(text, now) };
    const raw: RawText =
      received.kind === 'text'
        ? { text, origin, ...(received.unreadable !== undefined && { unreadable: received.unreadable }) }
        : { text: '', origin, unusable: lost(received, now) };
    if (received.kind !== 'text' || text.trim() !== '' || received.unreadable !== undefined)
      await ingest(received.cluster, [raw]);
  };
}

/** The clocks of API servers and this one may differ by so much, and events be out of order in their batch. */
const SLACK = MINUTE;

/** What is known of a request that cannot be read: its first event, if that can be seen, was before the others, and all before now. */
function lost({ reason, sizeBytes, begin }: Extract<Received, { kind: 'unusable' }>, now: number) {
  const first = firstEventIn(begin);
  return {
    reason,
    sizeBytes,
    ...(first !== undefined && { after: first - SLACK }),
    before: now * 1_000 + SLACK,
  };
}
