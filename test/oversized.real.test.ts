import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceLag } from '@margay/snapshotter';
import { expect, test } from 'vitest';
import { freePort } from './testing/free-port.ts';
import {
  expectNoDeadLetters,
  expectReady,
  install,
  kept,
  lines,
  reportOnAll,
  rowsOfReports,
  withUndisturbed,
} from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';
import { eventLists, webhookAt } from './testing/webhook.ts';

interface PolicyEvent {
  readonly verb: string;
  readonly objectRef: { readonly resource: string; readonly namespace: string; readonly name: string };
  readonly requestObject: { spec: object };
  readonly responseObject: { spec: object };
}

/** The line by which a policy was created. */
const creationOf = (namespace: string, name: string): string =>
  lines
    .map(({ text }) => text)
    .find((text) => {
      const { verb, objectRef } = JSON.parse(text) as Partial<PolicyEvent>;
      return (
        verb === 'create' &&
        objectRef?.resource === 'networkpolicies' &&
        objectRef.namespace === namespace &&
        objectRef.name === name
      );
    })!;

/** The same with thousands of addresses that may come in, which do not get smaller by packing: about as much as an API server takes. */
function poisoned(line: string): string {
  const event = JSON.parse(line) as PolicyEvent;
  const address = () => randomBytes(16).toString('hex').match(/..../g)!.join(':');
  const from = Array.from({ length: 26_000 }, () => ({ ipBlock: { cidr: `${address()}/128` } }));
  for (const object of [event.requestObject, event.responseObject])
    object.spec = { ...object.spec, ingress: [{ from }] };
  return JSON.stringify(event);
}

/** A minute is long for them on a machine that does nothing else. */
const IN_THE_ARCHIVE_MILLISECONDS = 150_000;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

test(
  'policies as large as an API server takes, by file and by webhook, stop nothing and are in every report as in one process',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const [byFile, byWebhook] = [creationOf('collections', 'p3'), creationOf('storefront', 'p12')];
    const large = new Map([byFile, byWebhook].map((line) => [line, poisoned(line)]));
    expect([...large.values()].map(({ length }) => length > 2_500_000)).toEqual([true, true]);
    const whole = lines.map(({ text }) => large.get(text) ?? text);
    const lists = eventLists(whole);

    const port = await freePort();
    const services = [
      startService('audit-ingestor', {
        ...environment,
        AUDIT_WEBHOOK_PORT: String(port),
        AUDIT_WEBHOOK_HOST: '127.0.0.1',
        AUDIT_WEBHOOK_INSECURE: 'true',
      }),
      startService('snapshotter', environment),
      startService('report-worker', environment),
    ];
    await Promise.all(services.map((service) => service.url()));
    // Each way brings all of it: what is told twice counts once.
    writeFileSync(log, whole.map((text) => `${text}\n`).join(''));
    const took: { readonly large: boolean; readonly milliseconds: number }[] = [];
    for (const body of lists) {
      const begun = performance.now();
      expect((await fetch(webhookAt(port), { method: 'POST', body })).status).toBe(200);
      took.push({ large: body.length > 2_500_000, milliseconds: performance.now() - begun });
    }
    const times = (large: boolean) =>
      took.filter((one) => one.large === large).map(({ milliseconds }) => milliseconds);
    const [slowest, usual] = [Math.max(...times(true)), median(times(false))];
    expect(times(true)).toHaveLength(2);
    // It is ten times as large; what grew with the square of that would be far beyond this.
    expect(slowest).toBeLessThan(40 * usual + 5_000);
    const posted = Date.now();
    await kept(bus, stores, whole.length + lists.length);
    expect(Date.now() - posted).toBeLessThan(IN_THE_ARCHIVE_MILLISECONDS);
    await reportOnAll(bus, stores);

    const told = await rowsOfReports(stores);
    const path = join(ownFolder(), 'audit.log');
    writeFileSync(path, whole.map((text) => `${text}\n`).join(''));
    const truth = await withUndisturbed(path, async (one, its) => {
      await reportOnAll(one, its);
      return rowsOfReports(its);
    });
    expect(told).toEqual(truth);
    expect(JSON.stringify(told['inventory'])).toContain('"ingressProtected":true');
    expect(await evidenceLag(bus)).toBe(0);
    await expectNoDeadLetters(bus);
    await expectReady(services);
  },
);
