export * from './config.ts';
export * from './formats-table.ts';
export * from './ingest-flows.ts';
export * from './publish.ts';
export * from './read-flows.ts';
export * from './sources/flow-file.ts';
