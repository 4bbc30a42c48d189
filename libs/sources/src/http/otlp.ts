import protobuf from 'protobufjs/light.js';

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
const REQUEST = ROOT.lookupType('ExportLogsServiceRequest');

/** Whether a body of this type is one of protobuf. */
export const isProtobuf = (contentType: string | undefined): boolean =>
  /^application\/(x-)?protobuf\b/i.test(contentType ?? '');

/**
 * A request of the OpenTelemetry protocol as the same protocol writes it in JSON.
 *
 * @throws Error where it is none.
 */
export function otlpJson(bytes: Uint8Array): string {
  const request = REQUEST.decode(bytes);
  return JSON.stringify(REQUEST.toObject(request, { longs: String, bytes: String, json: true }));
}
