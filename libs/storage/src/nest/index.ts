/** The stores as a Nest module: it provides `STORES`, of Elasticsearch or embedded, and closes them with the application. */
export { STORES, StoresModule } from './stores.module.ts';
