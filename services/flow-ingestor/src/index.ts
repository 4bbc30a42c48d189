export * from './config.ts';
export * from './ingest-flows.ts';
export * from './merge-flows.ts';
export * from './sources/flow-file.ts';
export * from './sources/flow-receiver.ts';
export * from './sources/flow-topic.ts';
