/** The stores as a Nest module: it provides the `CELL`, of Elasticsearch or embedded, and closes it with the application. */
export { CELL, STORES, StoresModule } from './stores.module.ts';
