import type { Log, Metrics } from '@margay/runtime';
import type { HttpServer } from '@margay/runtime/nest';
import { receiverConfigOf, requestPosition, unusableWords } from '@margay/sources';
import { serveReceiver, type Received } from '@margay/sources/nest';
import { FLOW_PATH, RECEIVER, type Config } from '../config.ts';
import type { IngestFlows } from '../ingest-flows.ts';
import { readFlows, type FlowText } from '../read-flows.ts';

/**
 * Opens the port on which flow logs are taken (NDJSON, gzip if liked), with TLS and credentials as configured. It answers
 * 200 when the flows are durable; what can never be read was logged and counted, and is answered 200 too.
 *
 * @returns undefined where no port is set.
 * @throws Error for a port that is taken, and for files of certificates or tokens that cannot be read.
 */
export function serveFlowReceiver(
  config: Config,
  ingest: IngestFlows,
  process: { readonly metrics: Metrics; readonly log: Log },
): Promise<HttpServer | undefined> {
  return serveReceiver(
    receiverConfigOf(RECEIVER, config),
    async (received) => {
      const texts = textsIn(received);
      if (texts.length > 0) await ingest(received.cluster, readFlows(`http:${received.source}`, texts));
    },
    {
      path: FLOW_PATH,
      name: 'flow-receiver',
      cluster: config.CLUSTER_NAME,
      metrics: process.metrics,
      log: process.log,
    },
  );
}

/** What a request holds, which shares its position, or what stands for one that can never be read. */
function textsIn(received: Received): FlowText[] {
  const text = received.kind === 'text' ? received.text : received.begin;
  const [first] = readFlows('', [{ text, position: 0 }]).flows;
  const position = requestPosition(text, first?.startAt, Date.now());
  if (received.kind === 'text') {
    const { unreadable } = received;
    if (unreadable !== undefined) return [{ text, position, unreadable }];
    return text.trim() === '' ? [] : [{ text, position }];
  }
  return [{ text: '', position, unreadable: unusableWords(received, HELP) }];
}

const HELP = `raise ${RECEIVER}_BODY_BYTES_MAX or let its sender post less at once`;
