import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMetrics } from '../../metrics/metrics.ts';
import { spaceProblem, watchDisk } from './disk.ts';
import type { Check, Readiness } from './readiness.ts';

const MB = 1024 ** 2;
const GB = 1024 * MB;

test.each([
  ['much room', 5 * GB, 10 * GB, undefined],
  ['a tenth', 900 * MB, 10 * GB, 'warning'],
  ['less than a twentieth', 500 * MB, 10 * GB, 'not ready'],
  ['little of a large volume, which is much', 40 * GB, 4_000 * GB, undefined],
  ['very little of a large volume', 1_000 * MB, 4_000 * GB, 'not ready'],
  ['nothing', 0, 10 * GB, 'not ready'],
  ['room on a small volume', 3 * MB, 6 * MB, undefined],
])('%s on a volume is told as it is', (_, free, size, told) => {
  const problem = spaceProblem('/data', { free, size });
  expect(problem === undefined ? undefined : typeof problem === 'string' ? 'not ready' : 'warning').toBe(
    told,
  );
  if (typeof problem === 'string')
    expect(problem).toMatch(/^\d+ MB of \d+ MB are free on the volume of \/data: .* Make room/);
});

test('the volume of a folder is measured, also of one that is not made yet', async () => {
  const metrics = openMetrics({ defaults: false });
  const checks = new Map<string, Check>();
  const readiness = { add: (name: string, check: Check) => void checks.set(name, check) } as Readiness;
  const folder = join(tmpdir(), 'never', 'made');
  watchDisk(readiness, metrics, folder);
  const said = await checks.get('disk')!();
  expect(said === undefined || JSON.stringify(said).includes('MB are free')).toBe(true);
  const [, free] = /margay_disk_free_bytes\{directory="([^"]*)"\} \d+/.exec(await metrics.exposition()) ?? [];
  expect(free).toBe(folder);
});
