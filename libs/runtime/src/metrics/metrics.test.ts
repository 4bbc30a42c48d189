import { expect, test } from 'vitest';
import { METRICS, renderMetrics, type MetricDefinition } from './catalogue.ts';
import { openMetrics } from './metrics.ts';

test('what is told is exposed', async () => {
  const metrics = openMetrics({ defaults: false });
  metrics.changesTotal.add(3, { cluster: 'c', source: 'a' });
  metrics.changesTotal.add(1, { cluster: 'c', source: 'a' });
  metrics.keptChangesTotal.add(2, { cluster: 'c' });
  metrics.lagMessages.set(7, { topic: 't', group: 'g' });
  metrics.reportSeconds.observe(4, { cluster: 'c', type: 'inventory' });
  const lines = (await metrics.exposition()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE margay_changes_total counter',
      'margay_changes_total{cluster="c",source="a"} 4',
      'margay_kept_changes_total{cluster="c"} 2',
      'margay_topic_lag_messages{topic="t",group="g"} 7',
      'margay_report_duration_seconds_bucket{le="2.5",cluster="c",type="inventory"} 0',
      'margay_report_duration_seconds_bucket{le="5",cluster="c",type="inventory"} 1',
      'margay_report_duration_seconds_sum{cluster="c",type="inventory"} 4',
    ]),
  );
});

test('gauges can be measured when asked for, and one that fails harms no other', async () => {
  const metrics = openMetrics({ defaults: false });
  metrics.onScrape(async () => metrics.windowAgeSeconds.set(12, { cluster: 'c' }));
  metrics.onScrape(async () => {
    throw new Error('no broker');
  });
  expect(await metrics.exposition()).toContain('margay_oldest_window_age_seconds{cluster="c"} 12');
});

test('two processes’ metrics in one test do not mix', async () => {
  const one = openMetrics();
  one.keptChangesTotal.add(5, { cluster: 'c' });
  expect(await openMetrics().exposition()).not.toContain('margay_kept_changes_total{');
});

const definitions = Object.values<MetricDefinition>(METRICS);

test.each(definitions.map((definition) => [definition.name, definition] as const))(
  '%s is named by the rules',
  (name, { type, help, watch }) => {
    expect(name).toMatch(/^margay_[a-z_]+$/);
    if (type === 'counter') expect(name).toMatch(/_total$/);
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    expect([help, watch].every((text) => text.endsWith('.'))).toBe(true);
  },
);

test('names are unique, and each has a row in the table', () => {
  expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  for (const { name } of definitions) expect(renderMetrics()).toContain(`| \`${name}\` `);
});
