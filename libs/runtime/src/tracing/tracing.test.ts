import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog, type Log } from '../log.ts';
import { exportSpans } from './export-spans.ts';
import { currentTrace, parseTraceParent, traced, traceHeaders } from './trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test.each<[string | undefined, boolean, string]>([
  [`00-${TRACE}-${SPAN}-01`, true, 'the example of the specification'],
  [`00-${TRACE}-${SPAN}-00`, true, 'not sampled'],
  [`cc-${TRACE}-${SPAN}-01-more`, true, 'a later version may have more'],
  [`ff-${TRACE}-${SPAN}-01`, false, 'version ff is forbidden'],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, false, 'a trace of zeros is none'],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, false, 'a span of zeros is none'],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false, 'upper case'],
  ['', false, 'empty'],
  [undefined, false, 'absent'],
])('%s is a place: %s (%s)', (header, valid) => {
  expect(parseTraceParent(header)).toEqual(valid ? { traceId: TRACE, spanId: SPAN } : undefined);
});

test('headers made in a piece of work continue its trace', async () => {
  expect(traceHeaders()).toEqual({});
  await traced('work', { from: { traceparent: `00-${TRACE}-${SPAN}-01` } }, async () => {
    const place = parseTraceParent(traceHeaders()['traceparent']);
    expect(place).toEqual(currentTrace());
    expect(place?.traceId).toBe(TRACE);
    expect(place?.spanId).not.toBe(SPAN);
  });
});

/** A collector that keeps what it is sent and answers as it is told. */
async function collector(status = 200) {
  const bodies: unknown[] = [];
  const server = createServer((request, answer) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      bodies.push({ url: request.url, headers: request.headers, body: JSON.parse(text) as unknown });
      answer.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { bodies, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test('spans reach a collector with their parents, attributes and failures', async () => {
  const { bodies, endpoint } = await collector();
  const close = exportSpans({ endpoint, headers: 'x-team=net%20sec', service: 'api', log: silentLog });
  await traced('outer', { from: { traceparent: `00-${TRACE}-${SPAN}-01` }, attributes: { rows: 2 } }, () =>
    traced('inner', {}, async () => {
      throw new Error('no');
    }).catch(() => undefined),
  );
  await close();
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatchObject({
    url: '/v1/traces',
    headers: { 'content-type': 'application/json', 'x-team': 'net sec' },
  });
  const { body } = bodies[0] as {
    body: { resourceSpans: { resource: object; scopeSpans: { spans: Record<string, string>[] }[] }[] };
  };
  expect(body.resourceSpans[0]!.resource).toMatchObject({
    attributes: [{ key: 'service.name', value: { stringValue: 'api' } }],
  });
  const [inner, outer] = body.resourceSpans[0]!.scopeSpans[0]!.spans;
  expect(outer).toMatchObject({
    traceId: TRACE,
    parentSpanId: SPAN,
    name: 'outer',
    status: { code: 0 },
    attributes: [{ key: 'rows', value: { intValue: 2 } }],
  });
  expect(inner).toMatchObject({
    traceId: TRACE,
    parentSpanId: outer!['spanId'],
    status: { code: 2, message: 'no' },
  });
  expect(outer!['startTimeUnixNano']).toMatch(/^\d{19}$/);
});

test('a collector that refuses costs traces and nothing else', async () => {
  const { endpoint } = await collector(503);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const close = exportSpans({ endpoint, service: 'api', log, timeoutMilliseconds: 500 });
  expect(await traced('work', {}, async () => 'done')).toBe('done');
  await close();
  expect(warnings).toEqual(['Traces could not be sent']);
});

test('a collector that is not there costs traces and nothing else', async () => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const close = exportSpans({
    endpoint: 'http://127.0.0.1:1',
    service: 'api',
    log,
    timeoutMilliseconds: 500,
  });
  expect(await traced('work', {}, async () => 'done')).toBe('done');
  await close();
  expect(warnings).toEqual(['Traces could not be sent']);
});
