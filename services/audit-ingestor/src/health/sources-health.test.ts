import { markOf, sourceName } from '@margay/coverage';
import { openMetrics, silentLog } from '@margay/runtime';
import { Readiness } from '@margay/runtime/nest';
import { expect, test } from 'vitest';
import { SourcesHealth } from './sources-health.ts';

const SOURCE = 'webhook:api-1';
const NOON = Date.UTC(2026, 10, 26, 12) * 1_000;

/** A mark of one event at an instant in microseconds, from a receiver whose API servers have the same name in each cluster. */
const markAt = (at: number) =>
  markOf(SOURCE, at, at + 1, [{ position: at, reading: { kind: 'ignored', reason: 'read-only', at } }]);

test('sources of one name in two clusters are two sources', async () => {
  const metrics = openMetrics({ defaults: false });
  const readiness = new Readiness({} as never);
  const health = new SourcesHealth(readiness, metrics, silentLog, { cluster: 'alpha' });
  health.onModuleInit();
  const source = sourceName(SOURCE);

  health.delivered('alpha', markAt(NOON));
  expect(Object.keys(readiness.sources)).toEqual([source]);

  health.delivered('beta', markAt(NOON + 60_000_000));
  const { [`alpha/${source}`]: alpha, [`beta/${source}`]: beta } = readiness.sources;
  expect(alpha!.lagSeconds! - beta!.lagSeconds!).toBeCloseTo(60, 0);
  const exposed = await metrics.exposition();
  for (const cluster of ['alpha', 'beta'])
    expect(exposed).toContain(
      `margay_source_last_delivery_timestamp_seconds{cluster="${cluster}",source="${source}"} `,
    );
});
