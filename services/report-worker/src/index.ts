export * from './compute-window.ts';
export * from './compute-in-process.ts';
export * from './work-on-window.ts';
export * from './make-report.ts';
export { type SignedTime, tellHubsOf, tellHubsOfHead } from './tell-hubs.ts';
export { ATTEMPT_FAILED } from './telling.ts';
