import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { evidenceLag } from '@margay/snapshotter';
import { freePort } from '../../test/testing/free-port.ts';
import { serviceProcess } from '../../test/testing/service-process.ts';
import { eventLists } from './events.ts';
import { installation, poster } from './servers.ts';

const CHANGES_PER_SECOND = 2_000;
const LOOK_SECONDS = 10;

/**
 * Changes at a steady rate, from the webhook through the topic to Elasticsearch: neither the lag nor the memory of the
 * services may grow. Compared are the second and the last quarter of the time.
 */
export async function benchSteady(print: (line: string) => void, quick: boolean): Promise<void> {
  const seconds = quick ? 60 : 600;
  const { environment, bus, close } = await installation('steady');
  const port = await freePort();
  const services = [
    serviceProcess('audit-ingestor', {
      ...environment,
      AUDIT_WEBHOOK_PORT: String(port),
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_INSECURE: 'true',
    }),
    serviceProcess('snapshotter', environment),
  ];
  try {
    const urls = await Promise.all(services.map((service) => service.url()));
    const changesSoFar = async () => {
      const metrics = await (await fetch(`${urls[0]}/metrics`)).text();
      return Number(/^margay_changes_total\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    const post = poster(port);
    const lists = eventLists();
    const pods = 250;
    const looks: { lag: number; resident: number[] }[] = [];
    const start = performance.now();
    const elapsed = () => (performance.now() - start) / 1_000;
    const looking = (async () => {
      while (elapsed() < seconds) {
        await sleep(LOOK_SECONDS * 1_000);
        looks.push({ lag: await evidenceLag(bus), resident: services.map(({ pid }) => residentOf(pid())) });
      }
    })();
    let first = 0;
    let sent = 0;
    while (elapsed() < seconds) {
      if (sent > elapsed() * CHANGES_PER_SECOND) {
        await sleep(20);
        continue;
      }
      const { bodies, events } = lists(first, pods);
      first += pods;
      sent += events;
      for (const body of bodies) await post(Buffer.from(body));
    }
    const took = elapsed();
    const published = await changesSoFar();
    await looking;
    const quarter = Math.floor(looks.length / 4);
    const early = looks.slice(quarter, 2 * quarter);
    const late = looks.slice(-quarter);
    const mean = (of: readonly number[]) => of.reduce((sum, n) => sum + n, 0) / of.length;
    const lags = [early, late].map((part) => mean(part.map(({ lag }) => lag)));
    const rate = published / took;
    print(
      `${rate.toFixed(0)} changes/s for ${took.toFixed(0)} s from webhook to Elasticsearch; ` +
        `lag ${lags[0]!.toFixed(0)} messages in the second quarter, ${lags[1]!.toFixed(0)} in the last`,
    );
    const isFlat = lags[1]! < Math.max(2 * lags[0]!, 2 * CHANGES_PER_SECOND);
    const isKept = rate >= 0.98 * CHANGES_PER_SECOND;
    print(
      `  ${CHANGES_PER_SECOND} changes/s held, the lag does not grow: ${isFlat && isKept ? 'met' : 'MISSED'}`,
    );
    for (const [i, { name }] of services.entries()) {
      const [before, after] = [early, late].map((part) => mean(part.map(({ resident }) => resident[i]!)));
      print(
        `  memory of ${name}: ${before!.toFixed(0)} MB, then ${after!.toFixed(0)} MB   goal: at most 1.2 times: ` +
          (after! <= 1.2 * before! ? 'met' : 'MISSED'),
      );
    }
  } finally {
    for (const service of services) service.end();
    await bus.close();
    await close();
  }
}

/** Resident memory of a process, MB (from /proc, so Linux only). */
function residentOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
