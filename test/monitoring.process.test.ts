import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { METRICS } from '@margay/runtime';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { AUDIT_LOG, ownFolder, startUp } from './testing/margay.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

const { groups } = load(
  readFileSync(new URL('../charts/margay/files/alerts.yaml', import.meta.url), 'utf8'),
) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** What Prometheus itself adds to what it scrapes from a pod. */
const SCRAPED = ['pod', 'namespace', 'instance', 'job'];
const known = new Map(
  Object.values(METRICS).map(({ name, labels }) => [name as string, labels as readonly string[]]),
);

/** The metrics that an expression asks for, and the labels that it asks them by. */
function asked(expr: string): { metrics: string[]; grouped: string[] | undefined; labels: string[] } {
  const [, list] = /by \(([^)]*)\)/.exec(expr) ?? [];
  const grouped = list?.split(',').map((label) => label.trim());
  const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(
    ([, inner]) => inner!.match(/\w+(?=[=!])/g) ?? [],
  );
  const metrics = (expr.match(/margay_\w+/g) ?? []).map((name) => name.replace(/_(bucket|count)$/, ''));
  return { metrics, grouped, labels: [...(grouped ?? []), ...matched] };
}

function expectKnown(expr: string, shown: readonly string[]): void {
  const { metrics, grouped, labels } = asked(expr);
  expect(metrics.length).toBeGreaterThan(0);
  for (const metric of metrics) {
    const has = known.get(metric);
    expect({ metric, isThere: has !== undefined }).toEqual({ metric, isThere: true });
    for (const label of labels) expect([...has!, ...SCRAPED, 'le']).toContain(label);
    for (const label of shown) expect(grouped ?? has).toContain(label);
  }
}

test.each(rules)('$alert asks for a metric that there is, by labels that it has', ({ expr, annotations }) => {
  expectKnown(
    expr,
    [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!),
  );
});

test.each(rules)(
  '$alert says of which cluster it is, where its metrics are of one',
  ({ expr, annotations }) => {
    const { metrics, grouped } = asked(expr);
    if (!metrics.every((metric) => known.get(metric)!.includes('cluster'))) return;
    expect(grouped).toContain('cluster');
    expect(annotations.summary).toContain('$labels.cluster');
  },
);

interface AlertCase {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}
const { tests: alertTests } = load(
  readFileSync(new URL('alerts.promtool.yaml', import.meta.url), 'utf8'),
) as { tests: { alert_rule_test: AlertCase[] }[] };

test('of every alert there is a case in which it fires and one in which it does not', () => {
  const cases = alertTests.flatMap((each) => each.alert_rule_test);
  const names = (fires: boolean) =>
    new Set(cases.filter((each) => each.exp_alerts.length > 0 === fires).map((each) => each.alertname));
  const all = new Set(rules.map(({ alert }) => alert));
  expect(names(true)).toEqual(all);
  expect(names(false)).toEqual(all);
});

const promtool = spawnSync('promtool', ['--version']);

test.skipIf(promtool.error)('the alerts fire when they should, says Prometheus', () => {
  const path = fileURLToPath(new URL('alerts.promtool.yaml', import.meta.url));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', path], { encoding: 'utf8' });
  expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
});

test('one process serves what the alerts ask for', async () => {
  const folder = ownFolder();
  const log = join(folder, 'audit.log');
  writeFileSync(log, gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').split('\n', 50).join('\n'));
  const data = join(folder, 'data');
  const { url } = await startUp(['--audit-log', log, '--cluster', 'c', '--data', data]);
  const served = await (await fetch(`${url}/metrics`)).text();
  const checks = Object.keys(((await (await fetch(`${url}/readyz`)).json()) as { checks: object }).checks);

  const wanted = new Set(rules.flatMap(({ expr }) => asked(expr).metrics));
  expect([...wanted].filter((name) => !served.includes(`# TYPE ${name} `))).toEqual([]);
  // What is there from the beginning; a counter appears with its first count.
  for (const sample of [
    ...checks.map((check) => `margay_ready{check="${check}"} 1`),
    'margay_newest_event_timestamp_seconds{cluster="c",source="audit.log',
    'margay_source_last_delivery_timestamp_seconds{cluster="c",source="audit.log',
    'margay_source_refused{cluster="c",source="audit.log',
    'margay_topic_lag_messages{topic="margay.resource-changes",group="',
    'margay_oldest_window_age_seconds{cluster="c"} 0',
    'margay_reports_total{cluster="c",type="inventory",result="completed"} 1',
    `margay_disk_free_bytes{directory="${data}"} `,
  ])
    expect(served).toContain(sample);
  expect(checks).toEqual(expect.arrayContaining(['disk', 'evidence', 'history', 'sources', 'windows']));
}, 180_000);

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const { panels } = JSON.parse(
  readFileSync(new URL('../charts/margay/files/grafana-dashboard.json', import.meta.url), 'utf8'),
) as { panels: Panel[] };

test.each(panels)('the dashboard: $title asks for metrics that there are', ({ targets }) => {
  for (const { expr, legendFormat } of targets)
    expectKnown(
      expr,
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
    );
});

test('the panels of the dashboard do not overlap', () => {
  for (const [i, { gridPos: a }] of panels.entries())
    for (const { gridPos: b } of panels.slice(i + 1))
      expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(true);
});
