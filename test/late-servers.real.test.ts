import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { expectNoDeadLetters, expectReady, install, kept, stream } from './testing/installation.ts';
import { freePort } from './testing/free-port.ts';
import { startService } from './testing/services.ts';

/** An address behind which a server is only from when the gate is opened. */
async function gateTo(target: string) {
  const { hostname, port: there } = new URL(target.includes('://') ? target : `tcp://${target}`);
  const port = await freePort();
  const server = createServer((from) => {
    const to = connect(Number(there), hostname);
    from.pipe(to).pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  onTestFinished(() => void server.close());
  return {
    address: `127.0.0.1:${port}`,
    open: () => new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening)),
  };
}

test.each([
  ['the broker, then the archive', 0],
  ['the archive, then the broker', 1],
])('services that were there first work when %s come', { timeout: 300_000 }, async (_, first) => {
  const brokers = process.env['MARGAY_TEST_KAFKA'] ?? '';
  const archive = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '';
  const { environment, log, bus, stores } = await install(brokers);
  const gates = [await gateTo(brokers), await gateTo(archive)];
  const [broker, nodes] = gates;
  const late = {
    ...environment,
    KAFKA_BROKERS: broker!.address,
    ELASTICSEARCH_URLS: `http://${nodes!.address}`,
  };
  const services = ['audit-ingestor', 'snapshotter'].map((name) => startService(name, late));
  const urls = await Promise.all(services.map((service) => service.url()));
  const streamed = stream(log, 1);
  const status = async (url: string) => (await fetch(`${url}/readyz`)).status;
  const patient = { timeout: 60_000, interval: 200 };
  for (const url of urls) await expect.poll(() => status(url), patient).toBe(503);
  await gates[first]!.open();
  await expect.poll(() => status(urls[1]!), patient).toBe(503);
  await gates[1 - first]!.open();
  await streamed;
  await kept(bus, stores);
  await expectNoDeadLetters(bus);
  await expectReady(services);
  for (const service of services) expect(service.log()).not.toContain('The service ended');
  expect(await Promise.all(services.map((service) => service.stop()))).toEqual([0, 0]);
});
