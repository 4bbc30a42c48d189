export * from './config.ts';
export * from './sources/raw-text.ts';
export * from './sources/read-raw-text.ts';
export * from './read-batch.ts';
export * from './publish.ts';
export * from './sources/file/audit-file.ts';
export * from './sources/watch/watch-cluster.ts';
export { knownIn } from './sources/watch/known-objects.ts';
