/**
 * What every process needs around its work: settings, logs, metrics, traces, health, an HTTP shell, a graceful stop;
 * and progress and durations for people.
 *
 * A *service* is described (`Service`) and run (`runService`), so that its `main.ts` is one call. It does not know what
 * any service does.
 */
export * from './config/read-config.ts';
export * from './config/settings.ts';
export * from './config/render.ts';
export * from './compiled.ts';
export { markdownTable } from './docs/markdown-table.ts';
export * from './duration.ts';
export * from './health.ts';
export * from './http.ts';
export * from './log.ts';
export * from './metrics/catalogue.ts';
export * from './metrics/metrics.ts';
export * from './problem.ts';
export * from './progress.ts';
export * from './service.ts';
export * from './stages.ts';
export * from './stop.ts';
export * from './tracing/trace.ts';
export * from './tracing/export-spans.ts';
export { VERSION } from './version.ts';
