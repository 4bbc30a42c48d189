/**
 * What every process needs around its work: settings, logs, metrics, traces, a graceful stop, problems as answers; and progress and
 * durations for people.
 *
 * Nothing here loads Nest, so that commands start fast. What makes a process a service (modules, health, HTTP, stages) is behind the
 * other door, `@margay/runtime/nest`.
 */
export * from './config/read-config.ts';
export * from './config/settings.ts';
export * from './config/render.ts';
export * from './compiled.ts';
export { markdownTable } from './docs/markdown-table.ts';
export * from './duration.ts';
export * from './log.ts';
export * from './metrics/catalogue.ts';
export * from './metrics/metrics.ts';
export * from './problem.ts';
export * from './progress.ts';
export * from './stop.ts';
export * from './together.ts';
export * from './tracing/trace.ts';
export * from './tracing/export-spans.ts';
export { VERSION } from './version.ts';
