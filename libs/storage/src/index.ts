/**
 * Where evidence is kept: history, audit trail, flows, coverage, archive and windows.
 *
 * Each is a *port* (a folder with the promise in `<port>.ts` and its checks in `<port>.contract.ts`) with an embedded
 * adapter and one for Elasticsearch. All writing is idempotent, so that every message may come again.
 */
export { openEmbedded, type EmbeddedOptions } from './embedded.ts';
export type { Stores } from './stores.ts';
export { openElasticsearch } from './elasticsearch.ts';
export type { ElasticsearchOptions } from './elasticsearch/connection.ts';
export { elasticsearchOptionsOf, elasticsearchSettings } from './settings.ts';
export * from './archive/archive.ts';
export { canonicalDigest, isIntact } from './archive/digests.ts';
export * from './trail/trail.ts';
export * from './history/history.ts';
export * from './flows/flows.ts';
export * from './coverage/coverage.ts';
export type { WindowFilter, WindowRecord, Windows, WindowState } from './windows/windows.ts';
