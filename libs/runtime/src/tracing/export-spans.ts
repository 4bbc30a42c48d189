import type { Log } from '../log.ts';
import { onSpan, type Span } from './trace.ts';

export interface SpanExport {
  /** Base address of an OpenTelemetry collector (OTLP over HTTP), without `/v1/traces`. */
  readonly endpoint: string;
  /** `name=value`, with commas between them. */
  readonly headers?: string;
  readonly service: string;
  readonly log: Log;
}

const BATCH_SPANS = 512;
/** Over this many waiting spans new ones are dropped: traces are a convenience, memory is not. */
const WAITING_MAX = 8_192;
const EVERY_MILLISECONDS = 5_000;
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Sends spans to a collector as OTLP JSON, in the background. A collector that does not answer costs spans, which is
 * logged, and never holds up the work.
 *
 * @returns what sends the rest and ends it.
 */
export function exportSpans({ endpoint, headers = '', service, log }: SpanExport): () => Promise<void> {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const waiting: Span[] = [];
  let dropped = 0;
  let sending = Promise.resolve();

  const send = async () => {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, BATCH_SPANS);
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...parseHeaders(headers) },
          body: JSON.stringify(otlpOf(service, spans)),
          signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        });
        await answer.body?.cancel();
        if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
      } catch (error) {
        log.warn('Traces could not be sent', { endpoint, spans: spans.length + waiting.length, error });
        waiting.length = 0;
      }
    }
    if (dropped > 0) log.warn('Traces were dropped because too many waited', { spans: dropped });
    dropped = 0;
  };
  const flush = () => (sending = sending.then(send));

  const unsubscribe = onSpan((span) => {
    if (waiting.length >= WAITING_MAX) dropped++;
    else waiting.push(span);
  });
  const timer = setInterval(() => void flush(), EVERY_MILLISECONDS);
  timer.unref();
  return async () => {
    unsubscribe();
    clearInterval(timer);
    await flush();
  };
}

function parseHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [
        pair.slice(0, pair.indexOf('=')).trim(),
        decodeURIComponent(pair.slice(pair.indexOf('=') + 1).trim()),
      ]),
  );
}

const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;

/** An `ExportTraceServiceRequest` in its JSON form. */
function otlpOf(service: string, spans: readonly Span[]) {
  const attribute = (key: string, value: string | number | boolean) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : { doubleValue: value },
  });
  return {
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', service)] },
        scopeSpans: [
          {
            scope: { name: 'margay' },
            spans: spans.map((span) => ({
              traceId: span.traceId,
              spanId: span.spanId,
              ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
              name: span.name,
              kind: KIND_INTERNAL,
              startTimeUnixNano: `${span.start}000000`,
              endTimeUnixNano: `${span.end}000000`,
              attributes: Object.entries(span.attributes).map(([key, value]) => attribute(key, value)),
              status: span.failure === undefined ? {} : { code: STATUS_ERROR, message: span.failure },
            })),
          },
        ],
      },
    ],
  };
}
