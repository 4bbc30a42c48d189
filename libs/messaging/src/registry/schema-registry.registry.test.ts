import { randomUUID } from 'node:crypto';
import { reportsFailed, topics, type ReportFailed } from '@margay/contracts';
import { describe, expect, test } from 'vitest';
import { schemaRegistry } from './schema-registry.ts';

const url = process.env['MARGAY_TEST_SCHEMA_REGISTRY'];

const failed: ReportFailed = {
  cluster: 'c',
  id: 'w',
  reportName: 'daily',
  reportType: 'inventory',
  start: 1,
  end: 2,
  reason: 'why',
  attempts: 6,
  failedAt: 3,
};

describe.skipIf(url === undefined)('a real registry', () => {
  test('takes the schemas of all topics, twice, and another reader learns them from the messages', async () => {
    const writing = schemaRegistry({ url: url! }, topics);
    await writing.registered();
    await writing.registered();
    const bytes = reportsFailed.framed(writing.framing).encode(failed);

    const reading = schemaRegistry({ url: url! }, topics);
    await reading.learn([bytes]);
    expect(reportsFailed.framed(reading.framing).decode(bytes)).toEqual(failed);
  });

  test('has no schema for an id that nobody registered', async () => {
    const reading = schemaRegistry({ url: url! }, topics);
    await reading.learn([Uint8Array.from([0, 0x7f, 0xff, 0xff, 0xff, 1])]);
    await reading.learn([
      Uint8Array.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
      Uint8Array.from([0, 0, 0, 0, 0, 1]),
    ]);
    expect(reading.framing.kind === 'confluent' && reading.framing.schemaOf(0x7fffffff)).toBeUndefined();
  });

  test('refuses a schema that its compatibility level forbids, and the error says so', async () => {
    const name = `margay-test-${randomUUID()}`;
    const record = (type: string) =>
      JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type }] });
    const registryOf = (type: string) => schemaRegistry({ url: url! }, [{ name, canonical: record(type) }]);
    await registryOf('long').registered();
    const level = await fetch(`${url}/config/${name}-value`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'FULL' }),
    });
    expect(level.status).toBe(200);
    await expect(registryOf('string').registered()).rejects.toThrow(
      /refused the schema of .* with 409 .* compatibility level refuses it/,
    );
  });
});
