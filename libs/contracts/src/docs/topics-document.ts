import type { AvroSchema, RecordSchema } from '../avro/schema.ts';
import { topics } from '../topics.ts';
import { describeType } from './describe-type.ts';

const INTRODUCTION = `# Topics

What Margay's services say to each other, and what other programs may subscribe to. This page and
[asyncapi.json](asyncapi.json) are generated from the schemas by \`npm run docs -w @margay/contracts\`.

**Bytes.** Values are Avro. With \`SCHEMA_REGISTRY_URL\` set they have the Confluent wire format (byte 0, then the schema's id in
four bytes); otherwise Avro's single-object encoding (bytes C3 01, then the schema's fingerprint in eight bytes, little
endian). Every schema that was ever released can still be read; new fields have defaults.

**Keys** are text. Messages of one key keep their order; of different keys they need not.

**At least once.** A message may come again, after a crash or a rebalance: what identifies it is said below. Times are microseconds
since the epoch, UTC.

**Large messages come in parts.** A message that takes more than 512 KiB, or than its topic takes at once, is published as several, all with its key
and one after the other, though others may stand between. Each has four headers: \`part\` says which it is of how many (\`2/5\`), \`part-of\`
is the same for all that belong together, \`part-bytes\` is the size of the whole value and \`part-sha256\` its digest. The values one after the other are
the value. Who publishes may end in the middle and begin anew with another \`part-of\`; a part may come twice. A subscriber that does not put
them together passes over messages that have a \`part\`; what is larger than 64 MiB is not published.

**Notices.** What is too large to be published in any way, or could not be put together, is a message with the same key, an empty value and the headers
\`notice-code\` and \`notice-reason\`. A subscriber passes over it, or tells that it does not know what happened to what the key names.

**Dead letters.** For what cannot be processed there is a letter on \`<topic>.dlq\` with headers that begin with \`dlq-\`: \`dlq-reason\` says why,
\`dlq-topic\`, \`dlq-partition\` and \`dlq-offset\` where the message is, and \`dlq-size-bytes\` how large. Of the message itself nothing is there but a
key that looks like one of ours. \`margay dlq list\` shows letters, \`margay dlq replay\` publishes their messages again, for as long as the topic
keeps them, but for notices, of which nothing is kept.
A change that is set aside leaves its object open until it is seen whole, any other message of the evidence what it might have
been about. One of a cluster that a service did not know is open in that cluster's history until it is published again: the header \`set-aside-at\` says where it was
set aside, \`topic/partition@offset/milliseconds\`, with commas between them. Messages that are gone before the snapshotter read them leave everything open that was published until then.

**What stands behind a message.** A coverage mark vouches for what was published before it. Its header \`behind\` says where that went: \`topic/partition@offset\`, with commas
between them. Where a topic was made anew since, what it vouches for is gone if nobody had read it.

**Traces.** The header \`traceparent\` (W3C Trace Context) names the work that a message comes from; log lines carry the same id.

[examples/consume-reports.ts](../examples/consume-reports.ts) is a consumer of finished reports.`;

/** The page of all topics: what each is for, its key, its fields. Source: the schemas of this library. */
export function topicsDocument(): string {
  const sections = topics.map(({ name, about, key, schema }) =>
    [
      `## ${name}`,
      about,
      `Key: ${key}. Dead letters: \`${name}.dlq\`.`,
      ...recordsIn(schema).map((record) => fieldsOf(record, record === schema)),
    ].join('\n\n'),
  );
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function fieldsOf({ name, doc, fields }: RecordSchema, isMessage: boolean): string {
  const title = isMessage ? 'Fields' : `Fields of \`${name}\``;
  const lines = fields.map(({ name: field, type, doc: about }) => {
    const text = about === undefined ? '' : `: ${about}`;
    return `- \`${field}\`, ${describeType(type)}${text}`;
  });
  return `${title}${doc === undefined || isMessage ? '' : ` (${doc.replace(/\.$/, '')})`}:\n\n${lines.join('\n')}`;
}

/** A record and all records within it, each once. */
function recordsIn(schema: AvroSchema, found: RecordSchema[] = []): RecordSchema[] {
  if (typeof schema === 'string') return found;
  if (Array.isArray(schema)) {
    for (const branch of schema as readonly AvroSchema[]) recordsIn(branch, found);
    return found;
  }
  const type = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if ('items' in type) return recordsIn(type.items, found);
  if ('values' in type) return recordsIn(type.values, found);
  if (!('fields' in type) || found.includes(type)) return found;
  found.push(type);
  for (const field of type.fields) recordsIn(field.type, found);
  return found;
}
