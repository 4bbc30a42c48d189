import type * as Api from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Log } from '../log.ts';
import { onSpan, type Span } from './trace.ts';

export interface SpanExport {
  /** Base address of an OpenTelemetry collector (OTLP over HTTP), without `/v1/traces`. */
  readonly endpoint: string;
  /** `name=value`, with commas between them. */
  readonly headers?: string;
  readonly service: string;
  readonly log: Log;
  /** How long the collector may take, attempts after refusals included: 10 s unless set. */
  readonly timeoutMilliseconds?: number;
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
export function exportSpans(options: SpanExport): () => Promise<void> {
  const { log, endpoint } = options;
  const opening = open(options);
  opening.catch((error: unknown) => log.warn('Traces cannot be sent', { endpoint, error }));
  const unsubscribe = onSpan((span) => {
    void opening.then((take) => take.span(span)).catch(() => undefined);
  });
  return async () => {
    unsubscribe();
    await opening.then((take) => take.close()).catch(() => undefined);
  };
}

/** Opens OpenTelemetry's own exporter, which only those pay for who name a collector: it takes 0.2 s and 20 MB. */
async function open({
  endpoint,
  headers = '',
  service,
  log,
  timeoutMilliseconds = TIMEOUT_MILLISECONDS,
}: SpanExport): Promise<{ span: (span: Span) => void; close: () => Promise<void> }> {
  const [api, { BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const quiet = () => undefined;
  const warn = (message: string) => log.warn(`Traces: ${message}`);
  // Here it says how many spans it dropped because too many waited.
  api.diag.setLogger(
    { warn, error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: parseHeaders(headers),
    timeoutMillis: timeoutMilliseconds,
  });
  const logged: Pick<typeof exporter, 'export' | 'shutdown'> = {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const { error } = result;
        if (result.code !== 0) log.warn('Traces could not be sent', { endpoint, spans: spans.length, error });
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
  const processor: SpanProcessor = new BatchSpanProcessor(logged, {
    maxExportBatchSize: BATCH_SPANS,
    maxQueueSize: WAITING_MAX,
    scheduledDelayMillis: EVERY_MILLISECONDS,
    exportTimeoutMillis: timeoutMilliseconds + 1_000,
  });
  const resource = resourceFromAttributes({ 'service.name': service });
  return {
    span: (span) => processor.onEnd(readable(span, api, resource)),
    close: () => processor.shutdown(),
  };
}

/** A span of ours as the exporter reads it. */
function readable(
  { traceId, spanId, parentId, name, start, end, attributes, failure }: Span,
  { SpanKind, SpanStatusCode, TraceFlags }: typeof Api,
  resource: ReadableSpan['resource'],
): ReadableSpan {
  const place = { traceId, traceFlags: TraceFlags.SAMPLED };
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ ...place, spanId }),
    ...(parentId !== undefined && { parentSpanContext: { ...place, spanId: parentId } }),
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    status:
      failure === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: failure },
    attributes: { ...attributes },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'margay' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Milliseconds as seconds and nanoseconds. */
function hrTime(milliseconds: number): [number, number] {
  return [Math.floor(milliseconds / 1_000), Math.round((milliseconds % 1_000) * 1_000_000)];
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
