import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { reasonOf } from '../shown.ts';

/** Where a piece of work stands in a trace (W3C Trace Context). */
export interface TracePlace {
  /** 32 hexadecimal digits, the same in everything that one cause set off: the correlation id of logs. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** A finished piece of work. */
export interface Span extends TracePlace {
  readonly parentId?: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** The error's message, if the work failed. */
  readonly failure?: string;
}

/** The header that carries a place between processes, in HTTP and in messages alike. */
export const TRACE_HEADER = 'traceparent';

const places = new AsyncLocalStorage<TracePlace>();
const listeners = new Set<(span: Span) => void>();
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** The place of the work at hand; undefined outside of {@link traced}. */
export const currentTrace = (): TracePlace | undefined => places.getStore();

/** Told of every span that ends; the returned function ends that. */
export function onSpan(listener: (span: Span) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export interface TraceOptions {
  /** Headers that the work came with: their place is its parent. Unless given, the work at hand is. */
  readonly from?: Readonly<Record<string, string | string[] | undefined>>;
  readonly attributes?: Span['attributes'];
}

/** Does a piece of work as a span of its own; logs and headers made in it carry its place. */
export async function traced<T>(
  name: string,
  { from, attributes = {} }: TraceOptions,
  work: () => Promise<T>,
) {
  const parent = parseTraceParent(from?.[TRACE_HEADER]) ?? currentTrace();
  const place = { traceId: parent?.traceId ?? hex(16), spanId: hex(8) };
  const start = Date.now();
  const finish = (failure?: string) => {
    if (listeners.size === 0) return;
    const span: Span = {
      ...place,
      ...(parent && { parentId: parent.spanId }),
      name,
      start,
      end: Date.now(),
      attributes,
      ...(failure !== undefined && { failure }),
    };
    for (const listener of listeners) listener(span);
  };
  return places.run(place, async (): Promise<T> => {
    try {
      const result = await work();
      finish();
      return result;
    } catch (error) {
      finish(reasonOf(error));
      throw error;
    }
  });
}

/** The headers that carry the place of the work at hand; none outside of {@link traced}. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const place = currentTrace();
  return place ? { [TRACE_HEADER]: `00-${place.traceId}-${place.spanId}-01` } : {};
}

/** The place that a `traceparent` header names, or undefined for anything that is none. */
export function parseTraceParent(header: unknown): TracePlace | undefined {
  const [, version, traceId, spanId] =
    (typeof header === 'string' &&
      /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-|$)/.exec(header)) ||
    [];
  if (traceId === undefined || spanId === undefined || version === 'ff') return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}
