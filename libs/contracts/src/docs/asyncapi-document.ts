import { topics } from '../topics.ts';

/** The media type by which AsyncAPI tools know Avro schemas. */
const AVRO = 'application/vnd.apache.avro;version=1.9.0';

/** The topics as an AsyncAPI 3.0.0 document, from the point of view of a program that subscribes. */
export function asyncApiDocument(): object {
  const each = <T>(entry: (topic: (typeof topics)[number]) => T) =>
    Object.fromEntries(topics.map((topic) => [topic.schema.name, entry(topic)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Margay',
      version: '1.0.0',
      description: 'Continuous compliance evidence for Kubernetes networks: the topics between its services.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/avro',
    channels: each(({ name, about, schema }) => ({
      address: name,
      description: about,
      messages: { [schema.name]: { $ref: `#/components/messages/${schema.name}` } },
    })),
    operations: each(({ about, schema }) => ({
      action: 'receive',
      channel: { $ref: `#/channels/${schema.name}` },
      summary: about,
      messages: [{ $ref: `#/channels/${schema.name}/messages/${schema.name}` }],
    })),
    components: {
      messages: each(({ about, key, schema }) => ({
        name: schema.name,
        summary: about,
        contentType: 'application/avro',
        payload: { $ref: `#/components/schemas/${schema.name}` },
        bindings: { kafka: { key: { type: 'string', description: key }, bindingVersion: '0.5.0' } },
      })),
      schemas: each(({ schema }) => ({ schemaFormat: AVRO, schema })),
    },
  };
}
