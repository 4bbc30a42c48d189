import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition } from './catalogue.ts';

type Labels<D extends MetricDefinition> = Readonly<Record<D['labels'][number], string | number>>;
/** The labels' values, or nothing for a metric without labels. */
type LabelArguments<D extends MetricDefinition> = D['labels']['length'] extends 0 ? [] : [labels: Labels<D>];

/** Only goes up. */
export interface CounterOf<D extends MetricDefinition> {
  add(amount: number, ...labels: LabelArguments<D>): void;
}

/** Goes up and down. */
export interface GaugeOf<D extends MetricDefinition> {
  set(value: number, ...labels: LabelArguments<D>): void;
}

/** A distribution. */
export interface HistogramOf<D extends MetricDefinition> {
  observe(value: number, ...labels: LabelArguments<D>): void;
  /** Starts a clock; the returned function observes the seconds since. */
  start(...labels: LabelArguments<D>): () => void;
}

type InstrumentOf<D extends MetricDefinition> = D['type'] extends 'counter'
  ? CounterOf<D>
  : D['type'] extends 'gauge'
    ? GaugeOf<D>
    : HistogramOf<D>;

/** One instrument for each entry of the catalogue, and the exposition of them all. */
export type Metrics = { readonly [K in keyof typeof METRICS]: InstrumentOf<(typeof METRICS)[K]> } & {
  /** Calls `measure` before each exposition, for gauges that are asked for rather than told. Its errors count as no value. */
  onScrape(measure: () => Promise<void>): void;
  /** All metrics in Prometheus' text format. */
  exposition(): Promise<string>;
  readonly contentType: string;
};

/** The longest that measuring for one exposition may take; what is slower keeps its last value. */
const SCRAPE_MILLISECONDS = 5_000;

/**
 * Opens the metrics of one process: those of the catalogue and Node's own.
 *
 * @param defaults whether Node's own (memory, event loop, garbage collection) are among them.
 */
export function openMetrics({ defaults = true } = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const measures = new Set<() => Promise<void>>();
  const instruments = Object.fromEntries(
    Object.entries<MetricDefinition>(METRICS).map(([key, definition]) => [
      key,
      instrument(definition, registry),
    ]),
  ) as unknown as Metrics;
  return {
    ...instruments,
    contentType: registry.contentType,
    onScrape: (measure) => void measures.add(measure),
    async exposition() {
      const measured = Promise.allSettled([...measures].map((measure) => measure()));
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, SCRAPE_MILLISECONDS);
      await Promise.race([measured, late]);
      clearTimeout(timer);
      return registry.metrics();
    },
  };
}

function instrument({ name, type, labels, help, buckets }: MetricDefinition, registry: Registry): object {
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case 'counter': {
      const counter = new Counter(settings);
      return { add: (amount: number, values = {}) => counter.inc(values, amount) };
    }
    case 'gauge': {
      const gauge = new Gauge(settings);
      return { set: (value: number, values = {}) => gauge.set(values, value) };
    }
    case 'histogram': {
      const histogram = new Histogram({ ...settings, ...(buckets && { buckets: [...buckets] }) });
      return {
        observe: (value: number, values = {}) => histogram.observe(values, value),
        start: (values = {}) => histogram.startTimer(values) as () => void,
      };
    }
  }
}
