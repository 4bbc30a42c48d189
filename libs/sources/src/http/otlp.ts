import protobuf from 'protobufjs/light.js';
import { mostValues } from './dense.ts';

/** What follows the address of a receiver where exporters of OpenTelemetry post logs. */
export const OTLP_LOGS = '/v1/logs';

/** What of `opentelemetry/proto/collector/logs/v1` is read: the numbers of fields are its own, and others are passed over. */
const ROOT = protobuf.Root.fromJSON({
  nested: {
    ExportLogsServiceRequest: {
      fields: { resourceLogs: { rule: 'repeated', type: 'ResourceLogs', id: 1 } },
    },
    ResourceLogs: { fields: { scopeLogs: { rule: 'repeated', type: 'ScopeLogs', id: 2 } } },
    ScopeLogs: { fields: { logRecords: { rule: 'repeated', type: 'LogRecord', id: 2 } } },
    LogRecord: {
      fields: {
        timeUnixNano: { type: 'fixed64', id: 1 },
        body: { type: 'AnyValue', id: 5 },
        attributes: { rule: 'repeated', type: 'KeyValue', id: 6 },
        observedTimeUnixNano: { type: 'fixed64', id: 11 },
      },
    },
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
      fields: {
        stringValue: { type: 'string', id: 1 },
        boolValue: { type: 'bool', id: 2 },
        intValue: { type: 'int64', id: 3 },
        doubleValue: { type: 'double', id: 4 },
        arrayValue: { type: 'ArrayValue', id: 5 },
        kvlistValue: { type: 'KeyValueList', id: 6 },
        bytesValue: { type: 'bytes', id: 7 },
      },
    },
    ArrayValue: { fields: { values: { rule: 'repeated', type: 'AnyValue', id: 1 } } },
    KeyValueList: { fields: { values: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
    KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
  },
});
const REQUEST = ROOT.resolveAll().lookupType('ExportLogsServiceRequest');

/** A message takes as much memory as so many values of JSON, however few its bytes are: 240 bytes, its JSON among them. */
const VALUES_OF_MESSAGE = 4;

/** Whether a body of this type is one of protobuf. */
export const isProtobuf = (contentType: string | undefined): boolean =>
  /^application\/(x-)?protobuf\b/i.test(contentType ?? '');

/**
 * Whether a request has so many messages that reading them takes more memory than a body of `bytesMax` may.
 *
 * @throws RangeError where it is none.
 */
export function hasTooManyMessages(bytes: Uint8Array, bytesMax: number): boolean {
  const most = mostValues(bytesMax) / VALUES_OF_MESSAGE;
  return messagesIn(protobuf.Reader.create(bytes), REQUEST, bytes.length, most) > most;
}

/** Counts the messages in one of a type that ends there, and keeps nothing of them; no further than to one more than `most`. */
function messagesIn(reader: protobuf.Reader, type: protobuf.Type, end: number, most: number): number {
  let count = 0;
  while (reader.pos < end && count <= most) {
    const tag = reader.uint32();
    const inner = type.fieldsById[tag >>> 3]?.resolvedType;
    if (inner instanceof protobuf.Type)
      count += 1 + messagesIn(reader, inner, reader.uint32() + reader.pos, most - count - 1);
    else reader.skipType(tag & 7);
  }
  return count;
}

/**
 * A request of the OpenTelemetry protocol as the same protocol writes it in JSON.
 *
 * @throws Error where it is none.
 */
export function otlpJson(bytes: Uint8Array): string {
  const request = REQUEST.decode(bytes);
  return JSON.stringify(REQUEST.toObject(request, { longs: String, bytes: String, json: true }));
}
