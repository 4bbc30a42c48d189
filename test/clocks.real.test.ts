import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { completions, expectNoDeadLetters, install, lines, textOf } from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

/** Windows that were refused come again after a minute: two of them take minutes of real time, by clocks that are an hour apart. */
const isAsked = process.env['FAULT_MINUTES'] !== undefined;
const LOOK_MILLISECONDS = isAsked ? 150_000 : 8_000;
const HOUR_MILLISECONDS = 3_600_000;

const REFUSED = 'A window is not over yet: it comes again';

/** What a process is told that the time is. */
const clockAhead = `
  const real = Date, ahead = ${HOUR_MILLISECONDS};
  globalThis.Date = class extends real {
    constructor(...args) { args.length === 0 ? super(real.now() + ahead) : super(...args); }
    static now() { return real.now() + ahead; }
  };`;

test(
  'of two schedulers whose clocks are an hour apart none has a window archived that is not over, and each once',
  { timeout: 400_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const folder = ownFolder();
    const preload = join(folder, 'ahead.mjs');
    writeFileSync(preload, clockAhead);
    mkdirSync(environment.REPORTS_DIRECTORY, { recursive: true });
    const minutes = [1, 2]
      .map((ahead) => new Date(Date.now() + ahead * 60_000).getUTCMinutes())
      .toSorted((a, b) => a - b);
    const manifest = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name: 'soon' },
      spec: { reportType: 'inventory', schedule: `${minutes.join(',')} * * * *` },
    };
    writeFileSync(join(environment.REPORTS_DIRECTORY, 'report.json'), JSON.stringify(manifest));
    appendFileSync(log, textOf(lines));
    const scheduling = { ...environment, TIGERA_COMPLIANCE_JOB_START_DELAY: '0s' };
    for (const name of ['audit-ingestor', 'snapshotter']) startService(name, environment);
    const worker = startService('report-worker', environment);
    const right = startService('scheduler', scheduling);
    await right.url();
    const ahead = startService('scheduler', { ...scheduling, NODE_OPTIONS: `--import=${preload}` });
    await ahead.url();
    await expect.poll(() => worker.log(), { timeout: 60_000 }).toContain(REFUSED);
    const began = Date.now();
    let looked = 0;
    while (Date.now() < began + LOOK_MILLISECONDS) {
      const now = Date.now() * 1_000;
      const { headers } = await stores.archive.headers();
      for (const { end, generatedAt } of headers) {
        expect(end).toBeLessThanOrEqual(now + 1_000_000);
        expect(generatedAt).toBeGreaterThanOrEqual(end);
      }
      looked = headers.length;
      await sleep(1_000);
    }
    if (isAsked) expect(looked).toBe(2);
    const told = (await completions(bus)).map(({ id }) => id);
    expect(new Set(told).size).toBe(told.length);
    await expectNoDeadLetters(bus);
  },
);
