/**
 * What every process needs around its work: progress for people, a stop signal, durations, an HTTP shell.
 */
export * from './duration.ts';
export * from './progress.ts';
export * from './stop.ts';
export * from './http.ts';
