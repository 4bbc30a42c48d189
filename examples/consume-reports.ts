import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Kafka } from 'kafkajs';

// Needs KAFKA_BROKERS; prints one line for each finished report. The schema is in docs/asyncapi.json.
const document = readFileSync(new URL('../docs/asyncapi.json', import.meta.url), 'utf8');
const { schema } = JSON.parse(document).components.schemas.ReportCompleted;
const completed = avro.Type.forSchema(schema);
const kafka = new Kafka({ clientId: 'example', brokers: process.env['KAFKA_BROKERS']!.split(',') });
const consumer = kafka.consumer({ groupId: process.env['GROUP'] ?? 'example' });
await consumer.connect();
await consumer.subscribe({ topic: process.env['TOPIC'] ?? 'margay.report-completed', fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    // Parts of large messages and notices are no reports: see docs/topics.md.
    if (message.headers?.['part'] || message.headers?.['notice-code']) return;
    // The first ten bytes name the schema (single-object encoding); a repeat has the same id.
    const { id, reportType, digest } = completed.fromBuffer(message.value!.subarray(10));
    console.log(JSON.stringify({ id, reportType, digest }));
  },
});
