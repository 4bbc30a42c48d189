export * from './due-windows.ts';
export * from './emit-windows.ts';
export * from './not-used.ts';
export * from './read-reports.ts';
export * from './request-run.ts';
export * from './schedule-cluster.ts';
