import { elasticsearch } from './elasticsearch.ts';
import { kafka } from './kafka.ts';
import { provide } from './server.ts';

/** `node test/servers/hold.ts`: a Kafka and an Elasticsearch for trials and debugging. They end with this process: Ctrl-C. See docs/debugging.md. */
await provide([kafka, elasticsearch]);
const { [kafka.variable]: brokers, [elasticsearch.variable]: node } = process.env;
console.log(`export KAFKA_BROKERS=${brokers} ELASTICSEARCH_URLS=${node}`);
setInterval(() => undefined, 60_000);
